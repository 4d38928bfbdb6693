import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { request as httpRequest } from 'node:http'
import { requireOwn } from '../../../internal/require.js'

export interface HttpPost {
  readonly url: URL
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Ends the exchange wherever it is. */
  readonly signal: AbortSignal
}

/** A response whose status is known, or what came instead of one. */
export type HttpExchange = HttpResponse | HttpLoss

export interface HttpResponse {
  readonly kind: 'response'
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  /** As much as arrived, and was allowed. */
  readonly body: Uint8Array
}

export interface HttpLoss {
  readonly kind: 'loss'
  readonly error: Error
  /** All bytes of the request have been handed to the operating system. */
  readonly isSent: boolean
}

const MOST_RESPONSE_BYTES = 4 * 1_024 * 1_024

/** One request, whatever comes of it. A response that breaks off, or is endless, counts by its status. */
export function exchange({ url, agent, headers, body, signal }: HttpPost): Promise<HttpExchange> {
  return new Promise((resolve) => {
    let isSent = false
    const request = requestFunction(url)(url, { method: 'POST', agent, headers, signal }, (response) =>
      readResponse(request, response, resolve),
    )
    request.once('finish', () => (isSent = true))
    request.on('error', (error) => resolve({ kind: 'loss', error, isSent }))
    request.end(body)
  })
}

function readResponse(
  request: ClientRequest,
  response: IncomingMessage,
  resolve: (response: HttpResponse) => void,
): void {
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = response
  const chunks: Buffer[] = []
  let bytes = 0
  const settle = (): void => {
    resolve({ kind: 'response', status, statusText, headers, body: Buffer.concat(chunks) })
  }
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_RESPONSE_BYTES) {
      settle()
      request.destroy()
    } else chunks.push(chunk)
  })
  response.once('end', settle)
  response.on('error', settle)
  // Comes before the error of the response, and would otherwise win.
  request.prependListener('error', settle)
}

/** Loaded when needed: most processes send from a thread, and not from here. */
function requestFunction(url: URL): typeof httpRequest {
  const { request } = requireOwn(url.protocol === 'https:' ? 'node:https' : 'node:http') as typeof import('node:http')
  return request
}
