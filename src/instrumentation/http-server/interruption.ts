import type { Span } from '@opentelemetry/api'
import { SpanStatusCode } from '@opentelemetry/api'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorTypeOf } from '../../internal/http/error-type.js'

/** `error.type`, where there is no error of a class or code: the client has closed the connection, or our side has. */
export const CLIENT_DISCONNECTED = 'client_disconnected'
export const SOCKET_DESTROYED = 'socket_destroyed'

/** Why a response was not sent to its end. */
export interface Interruption {
  /** Undefined: none was sent. */
  readonly statusCode: number | undefined
  readonly errorType: string
  /** What the app has destroyed the response with. */
  readonly error?: Error
}

/** What is answered to a request for which Node.js makes no `ServerResponse`: an upgrade, a stream of HTTP/2. */
export abstract class OtherResponse extends EventEmitter {
  /** Undefined until one has been sent. */
  abstract readonly statusCode: number | undefined
  abstract getHeader(name: string): number | string | readonly string[] | undefined
  abstract interruption(): Interruption | undefined
}

/** Undefined for a response that was sent as a whole, as far as can be seen here. */
export function interruptionOf(
  request: IncomingMessage,
  response: ServerResponse | OtherResponse,
): Interruption | undefined {
  if (response instanceof OtherResponse) return response.interruption()
  if (response.writableFinished) return undefined
  const statusCode = response.headersSent ? response.statusCode : undefined
  const { errored } = response as { errored?: Error | null }
  const { socket } = request
  const hasLeft = socket.readableEnded || isReset(socket.errored)
  if (errored && !isReset(errored)) return { statusCode, errorType: errorTypeOf(errored), error: errored }
  if (!hasLeft) return { statusCode, errorType: SOCKET_DESTROYED }
  // The client decides how long it listens to events.
  return isEventStream(response) ? undefined : { statusCode, errorType: CLIENT_DISCONNECTED }
}

/** Semantic conventions for HTTP server spans: no status code that was not sent, and an error type that says what happened. */
export function setInterruption(span: Span, { statusCode, errorType, error }: Interruption): void {
  if (statusCode !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode)
  span.setAttribute(ATTR_ERROR_TYPE, errorType)
  if (error) span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes((error as NodeJS.ErrnoException | null | undefined)?.code ?? '')

/** As it was sent: headers of `writeHead` are to be found nowhere else. */
function isEventStream(response: ServerResponse): boolean {
  const { _header: sent } = response as { _header?: string | null }
  return typeof sent === 'string' && /^content-type: *text\/event-stream/im.test(sent)
}
