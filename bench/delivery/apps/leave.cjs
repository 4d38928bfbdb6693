// Lives so long, makes 1,000 spans at once, and leaves the way it is told. Knows nothing of who traces it.
const { trace } = require('@opentelemetry/api')
const { writeSync } = require('node:fs')
const { isMainThread, Worker } = require('node:worker_threads')

const [way, lifeMillis] = process.argv.slice(2)
const tracer = trace.getTracer('bench')
const SPANS = 1_000

const leave = {
  end() {},
  exit: () => process.exit(0),
  throw() {
    throw new Error('thrown on purpose')
  },
  rejection: () => void Promise.reject(new Error('rejected on purpose')),
  worker: () => process.exit(0),
}
/** Until the signal comes. */
const stay = () => void setInterval(() => {}, 1_000)

function makeAndLeave() {
  for (let i = 0; i < SPANS; i++) tracer.startSpan('last').setAttribute('item', i).end()
  writeSync(1, 'made\n')
  const go = leave[way] ?? stay
  go()
}

if (way === 'worker' && isMainThread) {
  const worker = new Worker(process.argv[1], { argv: process.argv.slice(2) })
  worker.on('exit', (code) => (process.exitCode = code))
} else {
  tracer.startSpan('first').end()
  setTimeout(makeAndLeave, Number(lifeMillis))
}
