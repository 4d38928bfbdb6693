// Makes 10,000 spans in one turn of the event loop, three times. Tells how long such a turn is, and for how long the loop is blocked
// at once in the second after it.
const { monitorEventLoopDelay } = require('node:perf_hooks')
const { setTimeout: sleep } = require('node:timers/promises')
const { openTracer, run } = require('./tracer.cjs')

const BURSTS = 3
const TRACES = 2_000

async function main() {
  const { makeTrace, finish } = openTracer()
  await sleep(500)
  const turns = []
  let afterMillis = 0
  for (let burst = 0; burst < BURSTS; burst++) {
    const start = performance.now()
    for (let i = 0; i < TRACES; i++) makeTrace()
    turns.push(performance.now() - start)
    // The histogram would count the turn, too.
    await new Promise(setImmediate)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await sleep(1_000)
    delay.disable()
    afterMillis = Math.max(afterMillis, delay.max / 1e6)
  }
  await finish()
  return { made: BURSTS * TRACES * 5, turnMillis: turns.toSorted((a, b) => a - b)[1], afterMillis }
}
void run(main)
