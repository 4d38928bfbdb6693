// Makes spans at a low rate for a while, lives on, and leaves the clean way. Tells how many it made.
import { setTimeout as sleep } from 'node:timers/promises'
import { report } from '../report.mjs'
import { openTracer } from '../tracers.mjs'

const [kind, perSecond, makeSeconds, liveSeconds] = [process.argv[2], ...process.argv.slice(3).map(Number)]
const { span, shutdown } = await openTracer(kind)
const start = performance.now()
const age = () => (performance.now() - start) / 1_000
let made = 0
while (age() < liveSeconds) {
  for (; made < perSecond * Math.min(age(), makeSeconds); made++) span('trickle')
  await sleep(50)
}
await Promise.race([shutdown().catch(() => {}), sleep(5_000)])
report({ made })
