import { totalOf } from './backend.mjs'
import { differences, median, percent, ratios, row, times } from './figures.mjs'
import { inTurn, resultOf } from './launch.mjs'
import { tracerPeers } from './peers.mjs'

const EVEN = { perSecond: 10_000, seconds: 6, tickMillis: 10 }
const BURSTS = { perSecond: 50_000, seconds: 4, tickMillis: 1_000 }

/** Loop and memory are seen in the same runs. */
let evenRuns

/** Delay of the event loop while spans are made and sent, over that without spans. */
export async function loopGoals(run) {
  const seen = await (evenRuns ??= rounds(run, EVEN))
  const p99 = (name) => seen[name].map((one) => one.p99)
  return [addedGoal('event-loop delay p99 added at 10,000 spans/s', 0.3, seen, p99, 'ms')]
}

/** Resident memory, of the modules too that are loaded. */
export async function memoryGoals(run) {
  const seen = await (evenRuns ??= rounds(run, EVEN))
  const rss = (name) => seen[name].map(({ memory }) => median(memory))
  return [addedGoal('memory (rss) added at 10,000 spans/s', 0.6, seen, rss, 'MB')]
}

export async function burstGoals(run) {
  const seen = await rounds(run, BURSTS)
  const lost = (name) => seen[name].map(({ made, arrived }) => (100 * (made - arrived)) / made)
  return [
    row({
      goal: 'lost of 50,000 spans/s, in bursts of a second',
      most: 0,
      show: percent,
      stock: percent(median(lost('stock'))),
      peer: seen['dd-trace'] && percent(median(lost('dd-trace'))),
      values: lost('spanwright'),
    }),
  ]
}

async function rounds({ backend, rounds: count }, { perSecond, seconds, tickMillis }) {
  const peers = tracerPeers(backend.ports)
  const names = Object.keys(peers).filter((name) => name !== 'processor')
  const seen = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < count; round++) {
    for (const name of inTurn(names, round)) {
      await backend.forget()
      const result = await resultOf(peers[name], 'steady-rate.mjs', [name, perSecond, seconds, tickMillis])
      seen[name].push({ ...result, arrived: totalOf(await backend.arrived()) })
    }
  }
  return seen
}

function addedGoal(goal, most, seen, figureOf, unit) {
  const added = (name) => differences(figureOf(name), figureOf('none'))
  return row({
    goal,
    most,
    show: times,
    stock: `${median(added('stock')).toFixed(2)} ${unit}`,
    peer: seen['dd-trace'] && times(median(ratios(added('dd-trace'), added('stock')))),
    values: ratios(added('spanwright'), added('stock')),
  })
}
