// What a request costs whose headers are made to be expensive: CPU time of a server that is traced, with the default propagators and
// the one that the header is for, and of the same one untraced, since Node's own parser has its share of 16 KB. A factor is the whole request, less what the header costs
// Node alone, in units of a plain traced request. The client is another process, and writes its bytes by hand.
//   npm run bench:hostile-headers            BENCH_ROUNDS=15 for more rounds, BENCH_ONLY=baggage for some headers
import { context, propagation, trace } from '@opentelemetry/api'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { hostileHeaders, PLAIN } from './hostile-header-list.mjs'

const GOAL = 2
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9)
const REQUESTS = 20
const WARM_UP_REQUESTS = { plain: 3_000, others: 60 }
const DEFAULT_PROPAGATORS = 'tracecontext,baggage'
/** By the beginning of a case's name. */
const PROPAGATORS = { b3: 'b3', 'x-b3': 'b3multi', jaeger: 'jaeger', 'x-ray': 'xray', datadog: 'datadog' }
/** Node's default, and one that an app with many cookies has set. */
const HEADER_LIMITS = [16_384, 65_536]

async function serve(propagators, maxHeaderSize) {
  if (propagators !== UNTRACED) {
    const { startTracing, alwaysOn } = await import('../dist/index.mjs')
    startTracing({
      propagators: propagators.split(','),
      traceExporter: 'none',
      spanProcessors: [],
      sampler: alwaysOn(),
    })
  }
  const { default: http } = await import('node:http')
  const server = http.createServer({ maxHeaderSize, keepAliveTimeout: 0 }, (request, response) => {
    // The app reads its headers, which Node makes an object of then; it has one span, and one call that goes out.
    if (request.headers.authorization) throw new Error('nobody sends that')
    trace.getTracer('app').startActiveSpan('work', (span) => {
      propagation.inject(context.active(), {})
      span.end()
    })
    response.end('ok')
  })
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.on('message', () => process.send(process.cpuUsage()))
  process.on('disconnect', () => process.exit(0))
}

class MeasuredServer {
  #child
  #socket

  constructor(kind, limit) {
    this.#child = fork(fileURLToPath(import.meta.url), [kind, String(limit)])
  }

  async start() {
    const [{ port }] = await once(this.#child, 'message')
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true)
    await once(this.#socket, 'connect')
  }

  /** Of CPU, a request. */
  async micros(request, requests) {
    const before = await this.#cpuMicros()
    for (let i = 0; i < requests; i++) await this.#ask(request)
    return ((await this.#cpuMicros()) - before) / requests
  }

  stop() {
    this.#socket.destroy()
    this.#child.disconnect()
  }

  async #ask(request) {
    this.#socket.write(request)
    const [answer] = await once(this.#socket, 'data')
    const status = answer.latin1Slice(9, 12)
    if (status !== '200') throw new Error(`${request.latin1Slice(0, 60)} (${request.length} bytes): ${status}`)
  }

  async #cpuMicros() {
    this.#child.send('cpu')
    const [{ user, system }] = await once(this.#child, 'message')
    return user + system
  }
}

const PLAIN_NAME = 'plain'
const UNTRACED = 'untraced'

/** Requests by their names, by the propagators that the server has. */
function requestsFor(limit) {
  const groups = {}
  for (const [name, headers] of Object.entries(hostileHeaders(limit - 1_024))) {
    if (!name.includes(process.env.BENCH_ONLY ?? '')) continue
    const [, own] = Object.entries(PROPAGATORS).find(([beginning]) => name.startsWith(beginning)) ?? []
    const propagators = own === undefined ? DEFAULT_PROPAGATORS : `${DEFAULT_PROPAGATORS},${own}`
    groups[propagators] ??= [[PLAIN_NAME, requestOf(PLAIN)]]
    groups[propagators].push([name, requestOf(headers)])
  }
  return groups
}

function requestOf(headers) {
  const text = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const host = headers.some(([name]) => name === 'host') ? '' : 'host: shop.example\r\n'
  return Buffer.from(`GET /orders?page=2 HTTP/1.1\r\n${host}${text}\r\n`, 'latin1')
}

/** By name, the least of all rounds. */
async function leastMicros(propagators, limit, requests) {
  const server = new MeasuredServer(propagators, limit)
  await server.start()
  for (const [name, request] of requests) {
    await server.micros(request, name === PLAIN_NAME ? WARM_UP_REQUESTS.plain : WARM_UP_REQUESTS.others)
  }
  const least = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, request] of requests) {
      least[name] = Math.min(least[name] ?? Infinity, await server.micros(request, REQUESTS))
    }
  }
  server.stop()
  return least
}

async function compare(limit, propagators, requests) {
  const untraced = await leastMicros(UNTRACED, limit, requests)
  const traced = await leastMicros(propagators, limit, requests)
  const rows = requests.map(([name]) => {
    const factor = (traced[name] - untraced[name] + untraced[PLAIN_NAME]) / traced[PLAIN_NAME]
    const figures = { untraced: untraced[name], traced: traced[name], whole: traced[name] / traced[PLAIN_NAME], factor }
    const rounded = Object.entries(figures).map(([figure, value]) => [figure, Number(value.toFixed(2))])
    return [name, { ...Object.fromEntries(rounded), [`goal ≤ ${GOAL}`]: factor <= GOAL ? 'met' : 'missed' }]
  })
  console.log(
    `\nµs of CPU a request with ${propagators}, Node allows ${limit} bytes of headers; the least of ${ROUNDS} rounds`,
  )
  console.table(Object.fromEntries(rows))
  return rows.every(([, { factor }]) => factor <= GOAL)
}

const [, , kind, limit] = process.argv
if (kind !== undefined) {
  await serve(kind, Number(limit))
} else {
  for (const headerLimit of HEADER_LIMITS) {
    for (const [propagators, requests] of Object.entries(requestsFor(headerLimit))) {
      if (!(await compare(headerLimit, propagators, requests))) process.exitCode = 1
    }
  }
}
