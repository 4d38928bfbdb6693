import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { checkHost, checkOrigin, checkToken } from './checks.js'
import { failure, type Intake } from './http.js'
import { signalOf, takeIn } from './intake.js'
import { exportResponse } from './otlp-answers.js'
import { GRPC, Refusal } from './refusal.js'

// gRPC over HTTP/2 without its library: the calls of OTLP are unary, so that each is one framed message in both directions.

/** A flag (compressed or not) and the length in four bytes. */
const FRAME_HEADER_BYTES = 5

const RESPONSE_HEADERS: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,gzip,deflate',
}

export function handleStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, intake: Intake): void {
  // A client that gives up resets its stream: that is its right.
  stream.on('error', () => {})
  const path = headers[':path'] ?? ''
  receive(stream, headers, path, intake).then(
    (rejected) => respond(stream, rejected),
    (error: unknown) => {
      const refusal = error instanceof Refusal ? error : failure(error)
      intake.refusals.add(path, refusal.message)
      refuse(stream, refusal, isGrpc(headers))
    },
  )
}

async function receive(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  path: string,
  intake: Intake,
): Promise<number> {
  const { rules, bodies } = intake
  checkHost(headers[':authority'] ?? headers.host, rules)
  checkOrigin(headers.origin, rules)
  if (!isGrpc(headers)) {
    throw new Refusal('a request over HTTP/2 that is not gRPC', { http: 415, grpc: GRPC.internal })
  }
  const signal = signalOf(path)
  if (headers[':method'] !== 'POST' || !signal || !path.endsWith('/Export')) {
    throw new Refusal(`no method ${path.slice(0, 200)}`, { http: 200, grpc: GRPC.unimplemented })
  }
  checkToken(headers, rules)
  const encoding = String(headers['grpc-encoding'] ?? 'identity')
  return await bodies.read(stream, async (body, unzip) => {
    const message = await unzip(...messageIn(body, encoding))
    return takeIn(message, signal, 'protobuf', intake)
  })
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  return /^application\/grpc(\+proto)?(;|$)/i.test(headers['content-type'] ?? '')
}

/** The message in its frame, and how it is compressed. */
function messageIn(body: Buffer, encoding: string): [message: Buffer, encoding: string] {
  const isWhole = body.length >= FRAME_HEADER_BYTES && body.readUInt32BE(1) === body.length - FRAME_HEADER_BYTES
  if (!isWhole) throw new Refusal('not one whole gRPC message', { http: 200, grpc: GRPC.internal })
  const isCompressed = body[0] === 1
  if (isCompressed && encoding === 'identity') {
    throw new Refusal('a compressed message, and no grpc-encoding', { http: 200, grpc: GRPC.internal })
  }
  return [body.subarray(FRAME_HEADER_BYTES), isCompressed ? encoding : 'identity']
}

function respond(stream: ServerHttp2Stream, rejected: number): void {
  if (stream.destroyed || stream.closed) return
  const message = exportResponse(rejected, 'protobuf')
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + message.length)
  frame.writeUInt32BE(message.length, 1)
  message.copy(frame, FRAME_HEADER_BYTES)
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(GRPC.ok) }))
  stream.respond(RESPONSE_HEADERS, { waitForTrailers: true })
  stream.end(frame)
}

/** gRPC has its status in the trailers, which come with the headers where there is no message, and 200 in HTTP. */
function refuse(stream: ServerHttp2Stream, { httpStatus, grpcStatus, message }: Refusal, isGrpc: boolean): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return
  const trailers = { 'grpc-status': String(grpcStatus), 'grpc-message': percentEncoded(message) }
  stream.respond({ ...RESPONSE_HEADERS, ':status': isGrpc ? 200 : httpStatus, ...trailers }, { endStream: true })
  // What is left of the request is not read.
  if (!stream.readableEnded) stream.resume()
}

/** Specification: gRPC over HTTP/2, "Status-Message": what is printable stays as it is, except the sign itself. */
function percentEncoded(message: string): string {
  return message.toWellFormed().replace(/[^ -$&-~]+/g, encodeURIComponent)
}
