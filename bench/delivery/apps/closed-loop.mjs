// Makes spans as fast as they can be sent: a flush is awaited after each 500. Tells the CPU time of a span.
import { report } from '../report.mjs'
import { openTracer } from '../tracers.mjs'
import { usedCpu } from '../cpu.mjs'

const WARM_UP = 40_000
const SPANS = 100_000
const BETWEEN_FLUSHES = 500

const { makeTrace, flush, shutdown } = await openTracer(process.argv[2])

async function make(spans) {
  for (let made = 0; made < spans; made += 5) {
    if (made % BETWEEN_FLUSHES === 0) await flush()
    makeTrace()
  }
  await flush()
}

await make(WARM_UP)
const before = usedCpu()
await make(SPANS)
const after = usedCpu()
const nanosOf = (thread) => ((after[thread] - before[thread]) * 1_000) / SPANS
await shutdown()
report({ main: nanosOf('main'), all: nanosOf('all'), made: WARM_UP + SPANS })
