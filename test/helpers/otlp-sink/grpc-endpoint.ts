import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TlsOptions } from 'node:tls'
import { statusCodes } from './behaviour.js'
import { clientNameOf } from './client-name.js'
import { drip } from './drip.js'
import { serve, type SentMessage, type WrittenAnswer } from './exchange.js'
import { frame, unframe } from './grpc-frame.js'
import { flatHeaders, isConnectionLoss } from './headers.js'
import type { Inbox } from './inbox.js'
import { OTHER_SIGNALS } from './other-signals.js'
import { GRPC, Refusal, truncated } from './refusal.js'
import { EXPORT_CALL, exportResponseType, retryInfoType, statusType } from './schema.js'

const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo'
const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity,gzip' }

/** The server for OTLP/gRPC, on node:http2 alone. Specification: OTLP, "OTLP/gRPC"; gRPC over HTTP/2. */
export function grpcServer(
  inbox: Inbox,
  tls: TlsOptions | undefined,
  resetConnection: (remotePort: number | undefined) => void,
): Server {
  const server = tls ? http2.createSecureServer({ ...tls, ALPNProtocols: ['h2'] }) : http2.createServer()
  const fault = (reason: string): void => inbox.fault({ server: 'grpc', reason, path: '', headers: {} })
  const faultUnlessGone = (error: Error): void => {
    if (!isConnectionLoss(error)) fault(error.message)
  }
  const deaf = new WeakSet<object>()
  server.on('stream', (stream: ServerHttp2Stream, rawHeaders: IncomingHttpHeaders) => {
    // A client that gives up resets its stream: that is its right.
    stream.on('error', () => {})
    const { session } = stream
    if (session && deaf.has(session)) return
    const path = rawHeaders[':path'] ?? ''
    const headers = flatHeaders(rawHeaders)
    const socket = session?.socket
    const remotePort = socket?.remotePort
    void serve(inbox, {
      server: 'grpc',
      path,
      headers,
      clientName: clientNameOf(socket),
      read: () => readCall(stream, rawHeaders, headers),
      respond: (answer) => respond(stream, answer),
      reset: () => resetConnection(remotePort),
      deafen: () => session && deaf.add(session),
    })
  })
  server.on('sessionError', faultUnlessGone)
  server.on('tlsClientError', faultUnlessGone)
  server.on('unknownProtocol', () => fault('not HTTP/2'))
  return server
}

async function readCall(
  stream: ServerHttp2Stream,
  { ':method': method, ':path': path }: IncomingHttpHeaders,
  headers: Readonly<Record<string, string>>,
): Promise<SentMessage> {
  const data = await buffer(stream).catch(truncated)
  const contentType = headers['content-type'] ?? ''
  if (!/^application\/grpc($|\+proto$|;)/.test(contentType)) throw refusal(415, `content-type "${contentType}"`)
  if (method !== 'POST') throw refusal(405, `method ${method}`)
  if (path !== EXPORT_CALL && !OTHER_SIGNALS[path ?? '']) throw refusal(200, `unknown method ${path}`)
  if (headers.te !== 'trailers') throw refusal(200, 'the te header must be "trailers"', GRPC.internal)
  return { protocol: 'grpc', ...unframe(data, headers['grpc-encoding'] ?? 'identity') }
}

/** An `httpStatus` of 200 is gRPC's own way of refusing: the status is in the trailers. */
function refusal(httpStatus: number, reason: string, grpcStatus: number = GRPC.unimplemented): Refusal {
  return new Refusal(reason, { httpStatus, grpcStatus })
}

function respond(stream: ServerHttp2Stream, answer: WrittenAnswer): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return
  if (answer.kind === 'status') {
    const { http, grpc } = statusCodes(answer)
    const isRefusedByHttp = http === 415 || http === 405
    const headers = { ...RESPONSE_HEADERS, ':status': isRefusedByHttp ? http : 200 }
    stream.respond({ ...headers, ...statusTrailers(grpc, answer) }, { endStream: true })
    return
  }
  if (answer.kind === 'page') {
    stream.respond({ ':status': answer.http, 'content-type': 'text/html' })
    stream.end(answer.html)
    return
  }
  const { rejectedSpans = 0, errorMessage = '' } = answer.kind === 'partialSuccess' ? answer : {}
  const result = rejectedSpans || errorMessage ? { partialSuccess: { rejectedSpans, errorMessage } } : {}
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': `${GRPC.ok}` }))
  stream.respond(RESPONSE_HEADERS, { waitForTrailers: true })
  const message = frame(exportResponseType.encode(exportResponseType.fromObject(result)).finish())
  if (answer.kind === 'drip') drip(stream, message, answer.everyMillis)
  else stream.end(message)
}

/** Specification: gRPC over HTTP/2, "Status-Message": what is printable stays as it is, but for the sign itself. */
function percentEncoded(message: string): string {
  return message.replace(/[^ -$&-~]+/g, encodeURIComponent)
}

function statusTrailers(
  code: number,
  { message = '', retryAfterSeconds }: { readonly message?: string; readonly retryAfterSeconds?: number },
): Record<string, string> {
  const trailers = { 'grpc-status': `${code}`, 'grpc-message': percentEncoded(message) }
  if (retryAfterSeconds === undefined) return trailers
  const seconds = Math.trunc(retryAfterSeconds)
  const nanos = Math.round((retryAfterSeconds - seconds) * 1e9)
  const value = retryInfoType.encode(retryInfoType.fromObject({ retryDelay: { seconds, nanos } })).finish()
  const status = statusType.fromObject({ code, message, details: [{ type_url: RETRY_INFO_URL, value }] })
  return { ...trailers, 'grpc-status-details-bin': Buffer.from(statusType.encode(status).finish()).toString('base64') }
}
