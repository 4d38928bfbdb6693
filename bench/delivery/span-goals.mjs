import { totalOf } from './backend.mjs'
import { median, nanos, ratios, row, times } from './figures.mjs'
import { inTurn, resultOf } from './launch.mjs'
import { tracerPeers } from './peers.mjs'

/** The main thread's demand holds over the SDK's own spans, too; all threads have one for the whole. */
const GOALS = [
  { peer: 'spanwright', what: 'sampled span to', thread: 'main', threads: 'main thread', most: 0.65 },
  { peer: 'spanwright', what: 'sampled span to', thread: 'all', threads: 'all threads', most: 0.8 },
  { peer: 'processor', what: 'a span of the SDK to', thread: 'main', threads: 'main thread', most: 0.65 },
  { peer: 'processor', what: 'a span of the SDK to', thread: 'all', threads: 'all threads' },
]

/** What a span costs from its start until the backend has it, in CPU time. */
export async function spanGoals({ backend, rounds }) {
  return [
    ...(await goalsOver('grpc', 'gRPC', backend, rounds)),
    ...(await goalsOver('http/protobuf', 'HTTP', backend, rounds)),
  ]
}

async function goalsOver(protocol, protocolName, backend, rounds) {
  const peers = tracerPeers(backend.ports, protocol)
  const names = Object.keys(peers).filter((name) => name !== 'none')
  const seen = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of inTurn(names, round)) seen[name].push(await measure(backend, name, peers[name]))
  }
  return GOALS.map((one) => goal(seen, protocolName, one))
}

async function measure(backend, name, peer) {
  await backend.forget()
  const result = await resultOf(peer, 'closed-loop.mjs', [name])
  const arrived = totalOf(await backend.arrived())
  // What is not sent costs nothing. dd-trace may be late with its last ones.
  if (arrived < 0.95 * result.made) throw new Error(`${name}: of ${result.made} spans, ${arrived} arrived`)
  return result
}

function goal(seen, protocolName, { peer: name, what, thread, threads, most }) {
  const of = (peer) => seen[peer].map((one) => one[thread])
  return row({
    goal: `${what} ${protocolName}, ${threads}`,
    most,
    show: times,
    stock: nanos(median(of('stock'))),
    peer: seen['dd-trace'] && times(median(ratios(of('dd-trace'), of('stock')))),
    values: ratios(of(name), of('stock')),
  })
}
