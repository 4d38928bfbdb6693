// Makes spans at a rate, all of a tick at once, for some seconds. Tells the delay of the event loop, and the memory.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { report } from '../report.mjs'
import { openTracer } from '../tracers.mjs'

/** What starts and warms up is not counted. */
const LEFT_OUT_MILLIS = 1_000
const SAMPLE_MILLIS = 250

const [kind, rate, seconds, tickMillis] = [process.argv[2], ...process.argv.slice(3).map(Number)]
const { makeTrace, flush, shutdown } = await openTracer(kind)
const tracesPerTick = Math.round((rate * tickMillis) / 1_000 / 5)
const delay = monitorEventLoopDelay({ resolution: 1 })
const memory = []
let made = 0

await sleep(300)
const start = performance.now()
let nextSample = start + LEFT_OUT_MILLIS
for (let due = start; due < start + seconds * 1_000; due += tickMillis) {
  await sleep(Math.max(0, due - performance.now()))
  const now = performance.now()
  if (now >= nextSample) {
    delay.enable()
    memory.push(process.memoryUsage.rss() / 1e6)
    nextSample = now + SAMPLE_MILLIS
  }
  for (let i = 0; i < tracesPerTick; i++) makeTrace()
  made += 5 * tracesPerTick
}
delay.disable()
await flush()
await shutdown()
report({ made, p99: delay.percentile(99) / 1e6, memory })
