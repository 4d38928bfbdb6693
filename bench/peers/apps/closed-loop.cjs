// Makes spans as fast as they can be sent: a flush is awaited before any would be dropped. Tells the CPU time of a span.
const { openTracer, run } = require('./tracer.cjs')

const WARM_UP = 15_000
const SPANS = 40_000
const { makeTrace, flush, finish, flushEvery } = openTracer()

/** In this order: the kernel brings the figures of a running thread up to date when it is asked for those of the process. */
function usedCpu() {
  const all = process.cpuUsage()
  const main = process.threadCpuUsage()
  return { all: all.user + all.system, main: main.user + main.system }
}

async function make(spans) {
  for (let made = 0; made < spans; made += 5) {
    if (made % flushEvery === 0) await flush()
    makeTrace()
  }
  await finish()
}

async function main() {
  await make(WARM_UP)
  const before = usedCpu()
  await make(SPANS)
  const after = usedCpu()
  const nanosOf = (thread) => ((after[thread] - before[thread]) * 1_000) / SPANS
  return { mainNanos: nanosOf('main'), allNanos: nanosOf('all'), made: WARM_UP + SPANS }
}
void run(main)
