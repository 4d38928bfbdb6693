import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { requireOwn } from '../../../internal/runtime/own-package.js'

export interface HttpPost {
  readonly url: URL
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Called once nothing reads the body any more, which may be later than the end of the exchange. */
  readonly onRead: () => void
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

/** How much of a body, and of the headers, is read. */
const MOST_RESPONSE_BYTES = 64 * 1_024

/**
 * One request, which ends with the signal at the latest, whatever the socket does. A response that breaks off, or is endless,
 * counts by its status.
 */
export function exchange({ url, agent, headers, body, onRead, signal }: HttpPost): Promise<HttpExchange> {
  return new Promise((resolve) => {
    let isSent = false
    const lose = (error: Error): void => resolve(lossOrStatus(error, isSent))
    const options = { method: 'POST', agent, headers, signal, maxHeaderSize: MOST_RESPONSE_BYTES }
    const request = httpModule(url).request(url, options, (response) => readResponse(request, response, resolve))
    request.once('finish', () => {
      isSent = true
      onRead()
    })
    request.once('close', onRead)
    request.on('error', lose)
    // No other protocol was asked for; from here on the request emits nothing more.
    request.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(answered(response, []))
    })
    // After all other listeners: a response that has begun counts.
    signal.addEventListener('abort', () => setImmediate(lose, signal.reason as Error), { once: true })
    request.end(body)
  })
}

function readResponse(
  request: ClientRequest,
  response: IncomingMessage,
  resolve: (response: HttpResponse) => void,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  const settle = (): void => resolve(answered(response, chunks))
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

function answered({ statusCode, statusMessage, headers }: IncomingMessage, chunks: readonly Buffer[]): HttpResponse {
  const body = Buffer.concat(chunks)
  return { kind: 'response', status: statusCode ?? 0, statusText: statusMessage ?? '', headers, body }
}

/** Of headers that are too large, the parser leaves what it has read of them: the status may stand there. */
function lossOrStatus(error: Error & { code?: string; rawPacket?: Buffer }, isSent: boolean): HttpExchange {
  if (error.code !== 'HPE_HEADER_OVERFLOW') return { kind: 'loss', error, isSent }
  const line = /^HTTP\/1\.\d (\d{3})/.exec(error.rawPacket?.toString('latin1', 0, 32) ?? '')
  const status = Number(line?.[1] ?? 0)
  return { kind: 'response', status, statusText: '(headers too large)', headers: {}, body: new Uint8Array() }
}

/** Loaded when needed: most processes send from a thread, and not from here. */
export function httpModule(url: URL): typeof import('node:http') {
  return requireOwn(url.protocol === 'https:' ? 'node:https' : 'node:http') as typeof import('node:http')
}
