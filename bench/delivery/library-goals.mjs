import { once } from 'node:events'
import { createServer } from 'node:http'
import { median } from './figures.mjs'
import { inTurn, launch } from './launch.mjs'
import { warmUp } from './load.mjs'
import { preloadPeers } from './peers.mjs'
import { startPostgres } from './postgres.mjs'

const WARM_UP_REQUESTS = 3_000
const BLOCK_REQUESTS = 200
/** For each round. */
const BLOCKS = 6
const SAMPLED_OUT = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0', DD_TRACE_SAMPLE_RATE: '0' }

/** Each with the share of stock's added time, sampled, that may be added. `thread`: what is counted. */
const SHAPES = [
  { shape: 'http server', most: 0.22, mostSampledOut: 0.1, thread: 'main' },
  { shape: 'Express, 4 layers', most: 0.18, mostSampledOut: 0.08, thread: 'main' },
  { shape: 'http request', beside: 'http server', most: 0.5, thread: 'main' },
  { shape: 'fetch', beside: 'http server', most: 0.5, thread: 'main' },
  { shape: 'pg query', beside: 'http server', most: 0.5, thread: 'main', needsPostgres: true },
  { shape: 'a real service', most: 0.35, thread: 'all', needsPostgres: true },
]

/**
 * CPU time that tracing adds to a request, in microseconds: services live side by side and are loaded in short blocks, in turn,
 * and what counts are medians of paired differences. Of a call that a request makes, without what the request itself costs.
 */
export async function libraryGoals({ backend, rounds }) {
  const postgres = await startPostgres()
  if (!postgres) console.log('pg query, a real service: skipped, needs PostgreSQL (apt-get install postgresql)')
  const other = createServer((_request, response) => response.end('other')).listen(0, '127.0.0.1')
  other.keepAliveTimeout = 120_000
  await once(other, 'listening')
  const goals = []
  const seen = {}
  for (const one of SHAPES.filter(({ needsPostgres }) => postgres || !needsPostgres)) {
    const args = [one.shape, postgres?.port ?? 0, other.address().port]
    const added = await addedTo(args, preloadPeers(backend.ports, 'http/protobuf'), BLOCKS * rounds, one.thread)
    seen[one.shape] = added
    const own = one.beside ? lessThan(added, seen[one.beside]) : added
    goals.push(goal(one, own, own.stock, one.most))
    if (one.mostSampledOut === undefined) continue
    const without = await addedTo(
      args,
      sampledOut(preloadPeers(backend.ports, 'http/protobuf')),
      BLOCKS * rounds,
      one.thread,
    )
    goals.push(goal({ ...one, shape: `${one.shape}, sampled out` }, without, own.stock, one.mostSampledOut))
  }
  other.close()
  other.closeAllConnections()
  await postgres?.stop()
  return goals
}

function sampledOut(peers) {
  return Object.fromEntries(
    Object.entries(peers).map(([name, peer]) => [name, { ...peer, env: { ...peer.env, ...SAMPLED_OUT } }]),
  )
}

const lessThan = (added, base) => Object.fromEntries(Object.keys(added).map((name) => [name, added[name] - base[name]]))

async function addedTo(args, peers, blocks, thread) {
  const services = await Promise.all(
    Object.entries(peers).map(async ([name, peer]) => {
      const { child, message } = launch(peer, 'library.cjs', args)
      return { name, child, message, port: (await message()).port, used: [] }
    }),
  )
  for (const { port } of services) await warmUp(port, WARM_UP_REQUESTS)
  const usedBy = async ({ child, message }) => {
    child.send('tell')
    return (await message())[thread]
  }
  for (let block = 0; block < blocks; block++) {
    for (const service of inTurn(services, block)) {
      const before = await usedBy(service)
      await warmUp(service.port, BLOCK_REQUESTS)
      service.used.push((await usedBy(service)) - before)
    }
  }
  const [none] = services.filter(({ name }) => name === 'none')
  for (const { child } of services) child.kill('SIGKILL')
  const addedBy = ({ used }) => median(used.map((micros, block) => (micros - none.used[block]) / BLOCK_REQUESTS))
  return Object.fromEntries(services.map((service) => [service.name, addedBy(service)]))
}

function goal({ shape, thread }, added, stock, most) {
  const micros = (value) => `${value.toFixed(1)} µs`
  const share = added.spanwright / stock
  const isBelowPeer = thread === 'main' || added['dd-trace'] === undefined || added.spanwright < added['dd-trace']
  return {
    goal: `CPU added to a request, ${shape}, ${thread === 'main' ? 'main thread' : 'all threads'}`,
    demand: `≤ ${most.toFixed(2)}×`,
    stock: micros(added.stock),
    'dd-trace': added['dd-trace'] === undefined ? '' : micros(added['dd-trace']),
    spanwright: `${micros(added.spanwright)}, ${share.toFixed(2)}×`,
    'min..max': '',
    holds: share <= most && isBelowPeer ? 'yes' : 'NO',
  }
}
