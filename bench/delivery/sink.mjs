// A backend in a process of its own: OTLP over gRPC and HTTP, and as much of a Datadog agent as a tracer asks for. Loopback only.
// It keeps the raw bodies, and looks into them only when it is asked to count: it shall cost those that are measured little.
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { countSpans } from './count-spans.mjs'

/** What an answer is in each mode; in the mode `hangs` there is none. `down` is a closed port. */
const STATUS = { ok: 200, unavailable: 503, throttled: 429 }
const GRPC_STATUS = { ok: '0', unavailable: '14', throttled: '8' }
const EMPTY_GRPC_MESSAGE = Buffer.alloc(5)

let mode = 'ok'
let requests = []

function receive(kind, stream, headers, answer) {
  const chunks = []
  stream.on('error', () => {})
  stream.on('data', (chunk) => chunks.push(chunk))
  stream.on('end', () => {
    if (mode === 'hangs') return
    if (mode === 'ok' && kind) requests.push({ kind, headers, body: Buffer.concat(chunks) })
    answer()
  })
}

const grpc = createHttp2Server()
grpc.on('sessionError', () => {})
grpc.on('stream', (stream, headers) => {
  receive('grpc', stream, headers, () => {
    if (stream.destroyed) return
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': GRPC_STATUS[mode] }))
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.end(mode === 'ok' ? EMPTY_GRPC_MESSAGE : undefined)
  })
})

const http = createServer((request, response) => {
  receive('http', request, request.headers, () => {
    response.writeHead(STATUS[mode], { 'content-type': 'application/x-protobuf' }).end()
  })
})

const AGENT_INFO = { version: '7.60.0', endpoints: ['/v0.4/traces'], client_drop_p0s: false }
const agent = createServer((request, response) => {
  const kind = request.url.endsWith('/traces') ? 'dd' : undefined
  receive(kind, request, request.headers, () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.url === '/info' ? AGENT_INFO : { rate_by_service: { 'service:,env:': 1 } }))
  })
})

const servers = { grpc, http, agent }
const ports = { grpc: 0, http: 0, agent: 0 }
const sessions = new Set()
for (const server of Object.values(servers)) {
  server.on('connection', (socket) => {
    sessions.add(socket)
    socket.on('close', () => sessions.delete(socket))
  })
}

async function listen() {
  for (const [name, server] of Object.entries(servers)) {
    await new Promise((resolve) => server.listen(ports[name], '127.0.0.1', resolve))
    ports[name] = server.address().port
  }
}

function goDown() {
  for (const server of Object.values(servers)) server.close()
  for (const socket of sessions) socket.destroy()
}

const orders = {
  async mode(next) {
    if (next === 'down') goDown()
    else if (mode === 'down') await listen()
    mode = next
  },
  forget: () => void (requests = []),
  /** To see whether there is anything new. */
  received: () => requests.length,
  count: () => countSpans(requests),
}

process.on('message', async ({ order, value }) => process.send({ answer: await orders[order](value) }))
process.on('disconnect', () => process.exit())
await listen()
process.send({ ports })
