import { useEffect, useState } from 'preact/hooks'
import { get, ServerError } from '../state/server.js'

export interface Answer<T> {
  readonly value?: T
  readonly error?: string
}

/** What the server answers to a path; asked anew when the path changes, and the last answer stays until then. */
export function useAnswer<T>(path: string): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({})
  useEffect(() => {
    const controller = new AbortController()
    get<T>(path, controller.signal).then(
      (value) => {
        setAnswer({ value })
      },
      (error: unknown) => {
        if (error instanceof ServerError) setAnswer({ error: error.message })
      },
    )
    return () => {
      controller.abort()
    }
  }, [path])
  return answer
}
