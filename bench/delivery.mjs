// What delivery is measured by, beside OpenTelemetry's own SDK, and dd-trace where BENCH_DD_TRACE names a folder that has it installed:
// all in the same run, in alternating rounds, against a backend on this machine. Ends with 1 when a goal is missed.
//   node bench/delivery.mjs [encoder span loop memory bursts exit service libraries] [--rounds 5] [--outages]
// The build is what is measured. BENCH_STOCK names a folder whose auto-instrumentations-node is used instead of the one here.
import { parseArgs } from 'node:util'
import { startBackend } from './delivery/backend.mjs'
import { encoderGoals } from './delivery/encoder-goals.mjs'
import { exitGoals } from './delivery/exit-goals.mjs'
import { libraryGoals } from './delivery/library-goals.mjs'
import { outageGoals } from './delivery/outage-goals.mjs'
import { hasDdTrace } from './delivery/peers.mjs'
import { burstGoals, loopGoals, memoryGoals } from './delivery/rate-goals.mjs'
import { serviceGoals } from './delivery/service-goals.mjs'
import { spanGoals } from './delivery/span-goals.mjs'

const PARTS = {
  encoder: encoderGoals,
  span: spanGoals,
  loop: loopGoals,
  memory: memoryGoals,
  bursts: burstGoals,
  exit: exitGoals,
  outage: outageGoals,
  service: serviceGoals,
  libraries: libraryGoals,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, outages: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => !(name in PARTS))
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`)
const isWanted = (name) => (positionals.length > 0 ? positionals.includes(name) : name !== 'outage' || values.outages)
const rounds = Number(values.rounds)

if (!hasDdTrace) console.log('without dd-trace: BENCH_DD_TRACE names no folder with node_modules/dd-trace')
const backend = await startBackend()
const goals = []
for (const [name, measure] of Object.entries(PARTS)) {
  if (!isWanted(name)) continue
  const began = performance.now()
  goals.push(...(await measure({ backend, rounds })))
  console.error(`${name}: ${((performance.now() - began) / 1_000).toFixed(0)} s`)
}
await backend.stop()
console.log(
  `Node.js ${process.version}, medians of ${rounds} rounds; × is the share of stock's figure in the same round`,
)
console.table(goals)
process.exitCode = goals.every(({ holds }) => holds !== 'NO') ? 0 : 1
