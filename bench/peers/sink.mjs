// The backends, in a process of their own: for each lane a port of loopback that takes OTLP over HTTP, what dd-trace sends its agent,
// what Elastic's agent sends its server, and Sentry's envelopes. Bodies are kept raw and looked into only when asked to count, so
// that those that are measured lose little of the machine to it.
import { createServer } from 'node:http'
import { countSpans } from './count-spans.mjs'

/** What an answer is in each mode; in the mode `hangs` there is none. `down` is a closed port. */
const STATUS = { ok: 200, unavailable: 503 }
const AGENT_INFO = { version: '7.60.0', endpoints: ['/v0.4/traces', '/v0.6/stats'], client_drop_p0s: true }

const lanes = new Map()

function kindOf(url) {
  if (url.startsWith('/v1/traces')) return 'otlp'
  if (/^\/v0\.\d\/traces/.test(url)) return 'datadog'
  if (url.startsWith('/intake/')) return 'elastic'
  if (url.includes('/envelope/')) return 'sentry'
  return undefined
}

function answerOf(kind, url) {
  if (url === '/info') return JSON.stringify(AGENT_INFO)
  if (kind === 'datadog') return JSON.stringify({ rate_by_service: { 'service:,env:': 1 } })
  // Elastic's agent asks which server this is.
  if (url === '/') return JSON.stringify({ version: '8.15.0' })
  return kind === 'otlp' ? '' : '{}'
}

function receive(lane, request, response) {
  const kind = kindOf(request.url)
  const body = { kind, headers: request.headers, chunks: [] }
  const { mode } = lane
  // A request of Elastic's agent is a stream that lasts for seconds: its server reads what has come so far, and so does this one.
  const isStream = kind === 'elastic'
  if (isStream && mode === 'ok') lane.bodies.push(body)
  request.on('error', () => {})
  request.on('data', (chunk) => {
    lane.bytes += chunk.length
    body.chunks.push(chunk)
  })
  const answer = () => {
    if (lane.mode === 'hangs') return
    if (kind && !isStream && lane.mode === 'ok') lane.bodies.push(body)
    const type = kind === 'otlp' ? 'application/x-protobuf' : 'application/json'
    response.writeHead(STATUS[lane.mode] ?? 503, { 'content-type': type }).end(answerOf(kind, request.url))
  }
  if (isStream && mode === 'unavailable') answer()
  else request.on('end', answer)
}

async function open(name) {
  const lane = { mode: 'ok', bodies: [], bytes: 0, port: 0, sockets: new Set() }
  lane.server = createServer((request, response) => receive(lane, request, response))
  lane.server.on('connection', (socket) => {
    lane.sockets.add(socket)
    socket.on('close', () => lane.sockets.delete(socket))
  })
  lanes.set(name, lane)
  await listen(lane)
  return lane.port
}

function destroyConnections({ sockets }) {
  for (const socket of sockets) socket.destroy()
}

async function listen(lane) {
  await new Promise((resolve) => lane.server.listen(lane.port, '127.0.0.1', resolve))
  lane.port = lane.server.address().port
}

const orders = {
  open,
  async mode(name, next) {
    const lane = lanes.get(name)
    if (next === 'down') {
      lane.server.close()
      destroyConnections(lane)
    } else if (lane.mode === 'down') await listen(lane)
    // A server that hung answers again once it has been restarted.
    else if (lane.mode === 'hangs') destroyConnections(lane)
    lane.mode = next
  },
  forget: (name) => void Object.assign(lanes.get(name), { bodies: [], bytes: 0 }),
  /** To see whether there is anything new. */
  bytes: (name) => lanes.get(name).bytes,
  count: (name) => countSpans(lanes.get(name).bodies),
}

process.on('message', async ({ id, order, args }) => process.send({ id, answer: await orders[order](...args) }))
process.on('disconnect', () => process.exit())
process.send('ready')
