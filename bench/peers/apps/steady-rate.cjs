// Makes 10,000 spans a second, all of 10 ms at once. Tells the delay of the event loop, and the memory.
const { monitorEventLoopDelay } = require('node:perf_hooks')
const { setTimeout: sleep } = require('node:timers/promises')
const { openTracer, run } = require('./tracer.cjs')

const TICK_MILLIS = 10
const TRACES_PER_TICK = 20
const SECONDS = 4
/** What starts and warms up is not counted. */
const LEFT_OUT_MILLIS = 1_000
const SAMPLE_MILLIS = 250

async function main() {
  const { makeTrace, finish } = openTracer()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const memory = []
  let made = 0
  await sleep(300)
  const start = performance.now()
  let nextSample = start + LEFT_OUT_MILLIS
  for (let due = start; due < start + SECONDS * 1_000; due += TICK_MILLIS) {
    await sleep(Math.max(0, due - performance.now()))
    const now = performance.now()
    if (now >= nextSample) {
      delay.enable()
      memory.push(process.memoryUsage.rss() / 1e6)
      nextSample = now + SAMPLE_MILLIS
    }
    for (let i = 0; i < TRACES_PER_TICK; i++) makeTrace()
    made += 5 * TRACES_PER_TICK
  }
  delay.disable()
  await finish()
  const rssMB = memory.toSorted((a, b) => a - b)[memory.length >> 1]
  return { made, p99Millis: delay.percentile(99) / 1e6, maxMillis: delay.max / 1e6, rssMB }
}
void run(main)
