// Makes 100 spans a second for a while, lives on, and leaves the clean way. Tells when it starts, and how
// many it made.
const { setTimeout: sleep } = require('node:timers/promises')
const { openTracer, run } = require('./tracer.cjs')

const TRACES_PER_SECOND = 20
const [makeSeconds, liveSeconds] = process.argv.slice(2).map(Number)

async function main() {
  const { makeTrace, finish } = openTracer()
  const start = performance.now()
  process.send('started')
  const age = () => (performance.now() - start) / 1_000
  let traces = 0
  while (age() < liveSeconds) {
    for (; traces < TRACES_PER_SECOND * Math.min(age(), makeSeconds); traces++) makeTrace()
    await sleep(50)
  }
  await Promise.race([finish().catch(() => {}), sleep(5_000)])
  return { made: 5 * traces }
}
void run(main)
