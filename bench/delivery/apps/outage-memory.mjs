// Makes spans of 3 KB at a steady rate, as an app does that serves requests while its backend is away. Tells the longest delay of the
// event loop, how much memory was resident at most, and where the spans are.
import { trace } from '@opentelemetry/api'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { getTracing } from 'spanwright'
import { report } from '../report.mjs'

const [perSecond, seconds] = process.argv.slice(2).map(Number)
const TICK_MILLIS = 10
/** What starts and warms up is not counted. */
const LEFT_OUT_MILLIS = 2_000
const TEXT = 'x'.repeat(3_000)

const tracer = trace.getTracer('bench')
const delay = monitorEventLoopDelay({ resolution: 1 })
let made = 0
let residentBytes = 0
const began = performance.now()
for (let now = began; now < began + seconds * 1_000; now = performance.now()) {
  if (now - began > LEFT_OUT_MILLIS) delay.enable()
  for (const due = ((now - began) * perSecond) / 1_000; made < due; made++)
    tracer.startSpan('work', { attributes: { made, text: TEXT } }).end()
  residentBytes = Math.max(residentBytes, process.memoryUsage.rss())
  await sleep(TICK_MILLIS)
}
delay.disable()
const ledger = process.argv[4] === 'traced' ? getTracing().ledger() : {}
report({ p99: delay.percentile(99) / 1e6, longest: delay.max / 1e6, residentBytes, ledger })
