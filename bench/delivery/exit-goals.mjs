import { median, millis, row } from './figures.mjs'
import { launch } from './launch.mjs'
import { preloadPeers } from './peers.mjs'

const WAYS = ['end', 'exit', 'throw', 'rejection', 'SIGTERM', 'SIGINT', 'SIGHUP', 'worker']
const SPANS = 1_000
const COLD_MILLIS = 0
const WARM_MILLIS = 1_000
/** Of an app that does not end by itself. */
const LIMIT_MILLIS = 5_000
const SHUTDOWN_TIMEOUT_MILLIS = 2_000

/** Whether all spans arrive, and what that changes: the status that the process ends with, and how long that takes. */
export async function exitGoals({ backend, rounds }) {
  const peers = preloadPeers(backend.ports)
  const seen = []
  for (const way of WAYS) {
    const stock = await leave(backend, peers.stock, way, WARM_MILLIS)
    const runs = { warm: [], cold: [], hanging: [] }
    for (let round = 0; round < rounds; round++) {
      const warm = await leave(backend, peers.none, way, WARM_MILLIS)
      const cold = await leave(backend, peers.none, way, COLD_MILLIS)
      runs.warm.push(beside(warm, await leave(backend, peers.spanwright, way, WARM_MILLIS)))
      runs.cold.push(beside(cold, await leave(backend, peers.spanwright, way, COLD_MILLIS)))
      runs.hanging.push(beside(warm, await leave(backend, peers.spanwright, way, WARM_MILLIS, 'hangs')))
      stock.isUnchanged = stock.status === warm.status
    }
    seen.push({ way, stock, ...runs })
  }
  console.table(seen.map(details))
  return [
    waysGoal(seen),
    timeGoal('added to leaving, thread warm', 100, seen, 'warm'),
    timeGoal('added to leaving, cold', 250, seen, 'cold'),
    timeGoal('added to leaving, backend hangs', SHUTDOWN_TIMEOUT_MILLIS, seen, 'hanging'),
  ]
}

async function leave(backend, peer, way, lifeMillis, mode = 'ok') {
  await backend.forget()
  await backend.setMode(mode)
  const { child, ended } = launch(peer, 'leave.cjs', [way, lifeMillis])
  let madeAt
  child.stdout.once('data', () => {
    madeAt = performance.now()
    if (way.startsWith('SIG')) child.kill(way)
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLIS + lifeMillis)
  const { status } = await ended
  const took = performance.now() - madeAt
  clearTimeout(limit)
  const { arrived } = await backend.arrived()
  await backend.setMode('ok')
  return { status, took, arrived: arrived.last ?? 0 }
}

function beside(plain, { status, took, arrived }) {
  return { status, arrived, isUnchanged: status === plain.status, added: took - plain.took }
}

const isWhole = ({ arrived, isUnchanged }) => arrived === SPANS && isUnchanged

function details({ way, stock, warm, cold, hanging }) {
  const fewest = (runs) => Math.min(...runs.map(({ arrived }) => arrived))
  const added = (runs) => Math.round(median(runs.map((run) => run.added)))
  return {
    way,
    status: [...new Set([...warm, ...cold, ...hanging].map(({ status }) => status))].join(', '),
    unchanged: [...warm, ...cold, ...hanging].every(({ isUnchanged }) => isUnchanged) ? 'yes' : 'NO',
    'stock: arrived, status': `${stock.arrived}, ${stock.status}`,
    'warm: arrived': fewest(warm),
    'added ms': added(warm),
    'cold: arrived': fewest(cold),
    'added ms ': added(cold),
    'hangs: added ms': added(hanging),
  }
}

function waysGoal(seen) {
  const kept = seen.filter(
    ({ warm, cold, hanging }) => [...warm, ...cold].every(isWhole) && hanging.every(({ isUnchanged }) => isUnchanged),
  )
  return {
    goal: `ways out by which all of ${SPANS} arrive, status unchanged`,
    demand: `${WAYS.length} of ${WAYS.length}`,
    stock: `${seen.filter(({ stock }) => isWhole(stock)).length} of ${WAYS.length}`,
    'dd-trace': '',
    spanwright: `${kept.length} of ${WAYS.length}`,
    'min..max': '',
    holds: kept.length === WAYS.length ? 'yes' : 'NO',
  }
}

/** The worst way counts. */
function timeGoal(goal, most, seen, kind) {
  const medians = seen.map((runs) => median(runs[kind].map(({ added }) => added)))
  const line = row({ goal, most, show: millis, stock: '', values: medians })
  const worst = Math.max(...medians)
  return { ...line, spanwright: millis(worst), holds: worst <= most ? 'yes' : 'NO' }
}
