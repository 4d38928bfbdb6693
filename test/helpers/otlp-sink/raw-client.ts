import http2, { type OutgoingHttpHeaders } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import type { OtlpSink } from '../otlp-sink.js'
import { frame } from './grpc-frame.js'
import { EXPORT_CALL, exportRequestType } from './schema.js'

/** The bytes of a correct request with so many spans, named "span 1", "span 2", … */
export function requestOf(spans: number): Buffer {
  const numbered = Array.from({ length: spans }, (_, index) => ({
    traceId: Buffer.alloc(16, index + 1),
    spanId: Buffer.alloc(8, index + 1),
    name: `span ${index + 1}`,
  }))
  const request = exportRequestType.fromObject({ resourceSpans: [{ scopeSpans: [{ spans: numbered }] }] })
  return Buffer.from(exportRequestType.encode(request).finish())
}

export interface RawRequest {
  readonly path?: string
  readonly method?: string
  /** On top of the standard ones; undefined leaves one of them out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: Buffer
}

/** Over HTTP, as protobuf if the headers don't say otherwise. */
export async function post(sink: OtlpSink, request: RawRequest = {}): Promise<Response> {
  const { path = '/v1/traces', method = 'POST', headers, body = requestOf(1) } = request
  return await fetch(sink.httpUrl + path, {
    method,
    headers: { 'content-type': 'application/x-protobuf', ...(headers as Record<string, string>) },
    ...(method === 'GET' ? {} : { body: Uint8Array.from(body) }),
  })
}

export interface RawGrpcResponse {
  readonly httpStatus: number
  /** Headers and trailers in one. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

/** Over gRPC, the body framed already. Rejects when the connection is lost. */
export async function call(sink: OtlpSink, request: RawRequest = {}): Promise<RawGrpcResponse> {
  const { path = EXPORT_CALL, method = 'POST', headers, body = frame(requestOf(1)) } = request
  const standard = { 'content-type': 'application/grpc', te: 'trailers' }
  const session = http2.connect(sink.grpcUrl)
  const lost = new Promise<never>((_resolve, reject) => session.once('error', reject))
  try {
    return await Promise.race([
      lost,
      exchange(session, { ':path': path, ':method': method, ...standard, ...headers }, body),
    ])
  } finally {
    session.destroy()
  }
}

async function exchange(
  session: http2.ClientHttp2Session,
  requestHeaders: OutgoingHttpHeaders,
  body: Buffer,
): Promise<RawGrpcResponse> {
  const stream = session.request(requestHeaders)
  const metadata: Record<string, unknown> = {}
  stream.on('response', (headers) => void Object.assign(metadata, headers))
  stream.on('trailers', (trailers) => void Object.assign(metadata, trailers))
  stream.end(body)
  const received = await buffer(stream)
  const httpStatus = metadata[':status']
  if (typeof httpStatus !== 'number') throw new Error('the connection ended without a response')
  return { httpStatus, metadata, body: received }
}
