import { context } from '@opentelemetry/api'
import type { IncomingMessage, Server } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { activeHttpMetadata, noteRequest } from '../../internal/http/served-request.js'
import { BRING_A_REQUEST, markHandled } from '../http-server/fast-path.js'
import type { Emit, HttpInstrumentationInside, Scheme } from '../http/http-upstream.js'
import { isGrpc, StreamAnswer } from './stream-answer.js'

/** The `emit` of servers of HTTP/2: each stream is handled in a span, and so is each request of HTTP/1 that a server allows. */
export function tracedEmit(inside: HttpInstrumentationInside, scheme: Scheme, original: Emit): Emit {
  const emitHttp1 = inside._incomingRequestFunction(scheme, original)
  return function (...args) {
    const [event, request] = args
    if (event === 'stream') return handleStream(inside, scheme, args, () => original.apply(this, args), this)
    if (event !== 'request' && !BRING_A_REQUEST.has(event)) return original.apply(this, args)
    // The compatibility API makes a request of a stream, inside of the event of the stream.
    if ((request as { readonly stream?: unknown }).stream === undefined) return emitHttp1.apply(this, args)
    markHandled(request as object)
    const metadata = activeHttpMetadata()
    if (metadata) noteRequest(metadata, request as object)
    return original.apply(this, args)
  }
}

function handleStream(
  inside: HttpInstrumentationInside,
  scheme: Scheme,
  [, stream, headers]: readonly unknown[],
  handle: () => boolean,
  server: Server,
): boolean {
  // What has spans of its own: the instrumentation of gRPC makes them of calls.
  if (isGrpc(headers)) return handle()
  const answer = new StreamAnswer(stream as ServerHttp2Stream)
  const request = requestOf(stream as ServerHttp2Stream, headers as IncomingHttpHeaders)
  const emit = inside._incomingRequestFunction(scheme, () => {
    answer.passHeaders()
    // Node.js emits its events where the session was created.
    context.bind(context.active(), stream)
    return handle()
  })
  return emit.call(server, 'request', request, answer)
}

/** What is read of a request, also by hooks; there is none with the API of streams. */
function requestOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): IncomingMessage {
  const { remoteAddress, remotePort } = stream.session?.socket ?? {}
  const host = headers.host ?? headers[':authority']
  const request = {
    method: headers[':method'],
    url: headers[':path'],
    headers: { ...headers, ...(host !== undefined && { host }) },
    httpVersion: '2',
    socket: { remoteAddress, remotePort },
    stream,
  }
  return request as unknown as IncomingMessage
}
