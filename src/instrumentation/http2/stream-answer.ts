import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { CLIENT_DISCONNECTED, OtherResponse, SOCKET_DESTROYED, type Interruption } from '../http-server/interruption.js'

type Headers = OutgoingHttpHeaders | readonly unknown[]
type Respond = (this: ServerHttp2Stream, headers?: Headers, options?: unknown) => void

/** What a stream of a server answers, in the shape of a response. Emits `close` when the stream closes. */
export class StreamAnswer extends OtherResponse {
  readonly #stream: ServerHttp2Stream
  readonly #added: Record<string, string> = {}

  constructor(stream: ServerHttp2Stream) {
    super()
    this.#stream = stream
    stream.once('close', () => this.emit('close'))
  }

  /** Undefined until they are sent, whatever the types say. */
  get #sentHeaders(): OutgoingHttpHeaders | undefined {
    return this.#stream.sentHeaders
  }

  get headersSent(): boolean {
    return this.#stream.headersSent
  }

  get statusCode(): number | undefined {
    const status = this.#sentHeaders?.[':status']
    return status === undefined ? undefined : Number(status)
  }

  getHeader(name: string): number | string | readonly string[] | undefined {
    return this.#added[name] ?? this.#sentHeaders?.[name]
  }

  setHeader(name: string, value: string): void {
    this.#added[name] = value
  }

  getHeaderNames(): readonly string[] {
    return []
  }

  /** The headers, as they are to be sent. To add some, this method is replaced, as that of other responses. */
  writeHead(headers: Headers | undefined): Headers {
    if (Array.isArray(headers)) return [...(headers as unknown[]), ...Object.entries(this.#added).flat()]
    return Object.assign({}, headers, this.#added)
  }

  /** Has headers that are sent go through {@link writeHead}, where it was replaced. */
  passHeaders(): void {
    if (!Object.hasOwn(this, 'writeHead')) return
    const stream = this.#stream as unknown as { respond: Respond }
    const respond = stream.respond
    const writeHead = (headers: Headers | undefined): Headers => this.writeHead(headers)
    stream.respond = function (headers, options) {
      respond.call(this, writeHead(headers), options)
    }
  }

  interruption(): Interruption | undefined {
    const { writableFinished, errored, rstCode } = this.#stream
    const { statusCode } = this
    if (rstCode === constants.NGHTTP2_CANCEL && !errored) {
      return isEventStream(this) ? undefined : { statusCode, errorType: CLIENT_DISCONNECTED }
    }
    if (rstCode !== constants.NGHTTP2_NO_ERROR && !(errored && isOfTheApp(errored))) {
      return { statusCode, errorType: nameOf(rstCode) }
    }
    if (errored) return { statusCode, errorType: errorTypeOf(errored), error: errored }
    return statusCode !== undefined && writableFinished ? undefined : { statusCode, errorType: SOCKET_DESTROYED }
  }
}

const isOfTheApp = (error: Error): boolean => !errorTypeOf(error).startsWith('ERR_HTTP2_')

/** The client decides how long it listens to events. */
const isEventStream = (answer: StreamAnswer): boolean =>
  String(answer.getHeader('content-type')).startsWith('text/event-stream')

/** `NGHTTP2_REFUSED_STREAM`. */
export function nameOf(rstCode: number): string {
  const entry = Object.entries(constants).find(([name, code]) => code === rstCode && ERROR_NAME.test(name))
  return entry?.[0] ?? String(rstCode)
}

const ERROR_NAME =
  /^NGHTTP2_(\w+_ERROR|SETTINGS_TIMEOUT|STREAM_CLOSED|REFUSED_STREAM|CANCEL|ENHANCE_YOUR_CALM|INADEQUATE_SECURITY|HTTP_1_1_REQUIRED)$/

/** Calls of gRPC have spans of their own, by its instrumentation: requests below them would add nothing. */
export function isGrpc(headers: unknown): boolean {
  const type = (headers as Readonly<Record<string, unknown>> | null | undefined)?.['content-type']
  return typeof type === 'string' && type.startsWith('application/grpc')
}
