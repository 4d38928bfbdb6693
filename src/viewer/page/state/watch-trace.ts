import { onArrival, watched } from './live.js'
import { openTrace } from './open-trace.js'

/** At most twice a second a trace that grows is fetched anew. */
const PAUSE_MILLIS = 500

/** Keeps the open trace up to date while its spans arrive. Returns how to stop it. */
export function watchTrace(traceId: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let known = ''
  watched.value = traceId
  const stop = onArrival((changes) => {
    const now = changes.watched
    if (now === undefined) return
    const state = `${now.spanCount} ${now.arrivedMillis} ${now.findings?.length ?? -1}`
    if (state === known) return
    known = state
    timer ??= setTimeout(() => {
      timer = undefined
      void openTrace(traceId)
    }, PAUSE_MILLIS)
  })
  return () => {
    stop()
    clearTimeout(timer)
    watched.value = undefined
  }
}
