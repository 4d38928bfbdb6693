// What three services of HTTP send, recorded once, and sent again with other trace ids as fast as is wanted.
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { SPANS_A_TRACE } from './model.mjs'
import { REPOSITORY, start } from './programs.mjs'

const TRACES = 100
const SPANS = TRACES * SPANS_A_TRACE

/** The bodies of the three services, with the places of the trace ids in them; one trace in a hundred has an error. */
export async function recordLoad() {
  const bodies = []
  const sink = createServer(async (incoming, response) => {
    bodies.push(Buffer.concat(await incoming.toArray()))
    response.end()
  })
  await once(sink.listen(0, '127.0.0.1'), 'listening')
  const services = []
  for (const name of ['payments', 'orders', 'shop']) {
    const next = services.at(-1)
    const service = await start(
      process.execPath,
      ['--import', 'spanwright/register', join(REPOSITORY, 'test/fixtures/backends/chained.mjs')],
      {
        ready: /listening on (\d+)/,
        env: {
          OTEL_SERVICE_NAME: name,
          OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.address().port}`,
          OTEL_BSP_SCHEDULE_DELAY: '60000',
          ...(next ? { NEXT_URL: `http://127.0.0.1:${next.match[1]}` } : { ERRORS: 'yes' }),
        },
      },
    )
    services.push(service)
  }
  const ids = []
  for (let index = 0; index < TRACES; index++) {
    // A number that ends in 0 fails.
    const number = index === 0 ? 10 : 10 * index + 1
    ids.push(await (await fetch(`http://127.0.0.1:${services.at(-1).match[1]}/${number}`)).text())
  }
  for (const service of services) await service.stop()
  sink.close()
  return withPlaces(bodies, ids)
}

function withPlaces(bodies, ids) {
  const indexOf = new Map(ids.map((id, index) => [id, index]))
  const recorded = bodies.map((body) => {
    const places = []
    // The field of the trace id: number 1, 16 bytes.
    for (let at = body.indexOf('0a10', 0, 'hex'); at !== -1; at = body.indexOf('0a10', at + 1, 'hex')) {
      const trace = indexOf.get(body.toString('hex', at + 2, at + 18))
      if (trace !== undefined) places.push({ at: at + 2, trace })
    }
    return { body, places }
  })
  const found = recorded.reduce((sum, { places }) => sum + places.length, 0)
  if (found !== SPANS) throw new Error(`${found} spans were recorded instead of ${SPANS}`)
  const sum = (bytesOf) => bodies.reduce((bytes, body) => bytes + bytesOf(body), 0) / SPANS
  return { recorded, bytesASpan: sum((body) => body.length), gzippedBytesASpan: sum((body) => gzipSync(body).length) }
}

/** Sends so many spans a second for some seconds; `eachSecond` is called with those sent so far. Returns how many it was. */
export async function sendLoad({ recorded }, url, { spansASecond, seconds, eachSecond = () => {} }) {
  const agent = new Agent({ keepAlive: true })
  const rounds = Math.round((spansASecond * seconds) / SPANS)
  const began = performance.now()
  const waiting = new Set()
  let failure
  for (let round = 0, second = 0; round < rounds; round++) {
    const dueMillis = ((round * SPANS) / spansASecond) * 1_000
    await delay(Math.max(0, began + dueMillis - performance.now()))
    if (Math.floor(dueMillis / 1_000) > second) eachSecond(++second, round * SPANS)
    const ids = randomFillSync(Buffer.alloc(16 * TRACES))
    for (const { body, places } of recorded) {
      const copy = Buffer.from(body)
      for (const { at, trace } of places) ids.copy(copy, at, 16 * trace, 16 * trace + 16)
      const sent = post(agent, url, copy).catch((error) => (failure ??= error))
      waiting.add(sent)
      sent.finally(() => waiting.delete(sent))
    }
    // Otherwise the sender would measure itself.
    if (waiting.size > 60) await Promise.race(waiting)
    if (failure) throw failure
  }
  await Promise.all(waiting)
  agent.destroy()
  if (failure) throw failure
  return rounds * SPANS
}

function post(agent, url, body) {
  const { promise, resolve, reject } = Promise.withResolvers()
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  const sending = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
    response.resume()
    if (response.statusCode === 200) response.once('end', resolve)
    else reject(new Error(`${url} answers ${response.statusCode}`))
  })
  sending.once('error', reject)
  sending.end(body)
  return promise
}
