import type { WritableResponse } from '../../propagation/node-response-headers.js'

/** What we use of Node's `ServerResponse`, of HTTP/1 and HTTP/2. */
export interface NodeResponse extends WritableResponse {
  readonly statusCode: number
  prependListener(event: 'finish' | 'close', listener: () => void): unknown
  removeListener(event: 'finish' | 'close', listener: () => void): unknown
}

/**
 * Calls back once, with the status, when the response has been handed to the operating system; without one, when the client
 * has gone before. Before other listeners, so that what instrumentations do at the end finds what we have said.
 */
export function onResponseEnd(response: NodeResponse, listener: (statusCode: number | undefined) => void): void {
  const settle = (statusCode: number | undefined): void => {
    response.removeListener('finish', finish)
    response.removeListener('close', close)
    listener(statusCode)
  }
  const finish = (): void => settle(wasReset(response) ? undefined : response.statusCode)
  const close = (): void => settle(undefined)
  response.prependListener('finish', finish)
  response.prependListener('close', close)
}

/** Responses of HTTP/2 "finish" in any case when their stream closes. */
function wasReset(response: NodeResponse): boolean {
  return (response as { readonly stream?: { readonly aborted?: boolean } }).stream?.aborted === true
}
