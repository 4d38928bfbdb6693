/** The viewer's own server said no, or could not be reached. */
export class ServerError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal ? { signal } : {})
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const isBytes = body instanceof Blob
  return ask<T>(path, {
    method: 'POST',
    headers: { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' },
    body: isBytes ? body : JSON.stringify(body),
  })
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ServerError(0, 'the viewer does not answer: has its command ended?')
  }
  const answer = (await response.json()) as T & { error?: string }
  if (!response.ok) throw new ServerError(response.status, answer.error ?? `the viewer answered ${response.status}`)
  return answer
}
