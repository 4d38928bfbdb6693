import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TlsOptions } from 'node:tls'
import { toJsonString } from 'protobufjs/ext/protojson.js'
import { statusCodes } from './behaviour.js'
import { clientNameOf } from './client-name.js'
import { gunzip } from './decode.js'
import { drip } from './drip.js'
import { serve, type SentMessage, type WrittenAnswer } from './exchange.js'
import { flatHeaders, isConnectionLoss } from './headers.js'
import type { Inbox, OtlpProtocol } from './inbox.js'
import { OTHER_SIGNALS } from './other-signals.js'
import { GRPC, Refusal, truncated } from './refusal.js'
import { exportResponseType, statusType, TRACES_PATH } from './schema.js'

const PROTOCOLS: Readonly<Record<string, OtlpProtocol>> = {
  'application/x-protobuf': 'http/protobuf',
  'application/json': 'http/json',
}

/** The server for OTLP/HTTP, protobuf and JSON. Specification: OTLP, "OTLP/HTTP". */
export function httpServer(
  inbox: Inbox,
  tls: TlsOptions | undefined,
  resetConnection: (remotePort: number | undefined) => void,
): Server {
  const deaf = new WeakSet<object>()
  const onRequest: RequestListener = (request, response) => {
    const { url: path = '', socket } = request
    if (deaf.has(socket)) return
    const { remotePort } = socket
    const headers = flatHeaders(request.headers)
    void serve(inbox, {
      server: 'http',
      path,
      headers,
      clientName: clientNameOf(socket),
      read: () => readRequest(request, headers),
      respond: (answer, protocol) => respond(response, answer, protocol),
      reset: () => resetConnection(remotePort),
      deafen: () => deaf.add(socket),
    })
  }
  const server = tls ? https.createServer(tls, onRequest) : http.createServer(onRequest)
  // A kept connection that the server closes just as the client reuses it would look like an outage.
  server.keepAliveTimeout = 0
  // Under TLS, a handshake that fails is told of here too.
  server.on('clientError', (error, socket) => {
    if (!isConnectionLoss(error)) inbox.fault({ server: 'http', reason: error.message, path: '', headers: {} })
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  return server
}

async function readRequest(request: IncomingMessage, headers: Readonly<Record<string, string>>): Promise<SentMessage> {
  const sent = await buffer(request).catch(truncated)
  if (request.url !== TRACES_PATH && !OTHER_SIGNALS[request.url ?? ''])
    throw refusal(404, `nothing is served at ${request.url}`)
  if (request.method !== 'POST') throw refusal(405, `method ${request.method}`)
  const contentType = headers['content-type'] ?? ''
  const protocol = PROTOCOLS[contentType.split(';')[0]?.trim().toLowerCase() ?? '']
  if (protocol === undefined) throw refusal(415, `content-type "${contentType}"`)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return { protocol, body: sent, bytes: sent.length, compression: 'none' }
  if (encoding === 'gzip') return { protocol, body: gunzip(sent), bytes: sent.length, compression: 'gzip' }
  throw refusal(400, `content-encoding "${encoding}"`)
}

function refusal(httpStatus: number, reason: string): Refusal {
  return new Refusal(reason, { httpStatus, grpcStatus: GRPC.invalidArgument })
}

function respond(response: ServerResponse, answer: WrittenAnswer, protocol: OtlpProtocol = 'http/protobuf'): void {
  if (response.destroyed || response.writableEnded) return
  if (answer.kind === 'drip') {
    const { socket } = response
    // Node.js would write the head in one piece.
    if (socket) drip(socket, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), answer.everyMillis)
    return
  }
  if (answer.kind === 'page') {
    response.writeHead(answer.http, { 'content-type': 'text/html' }).end(answer.html)
    return
  }
  if (answer.kind !== 'status') {
    const { rejectedSpans = 0, errorMessage = '' } = answer.kind === 'partialSuccess' ? answer : {}
    const result = rejectedSpans || errorMessage ? { partialSuccess: { rejectedSpans, errorMessage } } : {}
    response.writeHead(200, { 'content-type': contentTypeOf(protocol) })
    response.end(bodyOf(exportResponseType, result, protocol))
    return
  }
  const { http: statusCode, grpc: code } = statusCodes(answer)
  const retryAfter = answer.retryAfterDate?.toUTCString() ?? answer.retryAfterSeconds?.toString()
  response.writeHead(statusCode, {
    'content-type': contentTypeOf(protocol),
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  })
  response.end(bodyOf(statusType, { code, message: answer.message ?? '' }, protocol))
}

function contentTypeOf(protocol: OtlpProtocol): string {
  return protocol === 'http/json' ? 'application/json' : 'application/x-protobuf'
}

function bodyOf(type: typeof statusType, value: object, protocol: OtlpProtocol): Uint8Array {
  const message = type.fromObject(value)
  return protocol === 'http/json' ? Buffer.from(toJsonString(type, message)) : type.encode(message).finish()
}
