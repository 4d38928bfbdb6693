// Lives for a moment, makes 1,000 spans at once, and ends in the way that its argument names. Takes no care of its tracer, as most programs do.
const { writeSync } = require('node:fs')
const { openTracer } = require('./tracer.cjs')

const LIFE_MILLIS = 300
const TRACES = 200
const { makeTrace } = openTracer()

const ways = {
  end() {},
  exit: () => process.exit(0),
  throw() {
    throw new Error('thrown on purpose')
  },
  /** Until the signal comes. */
  SIGTERM: () => void setInterval(() => {}, 1_000),
}

setTimeout(() => {
  for (let i = 0; i < TRACES; i++) makeTrace()
  writeSync(1, 'made\n')
  ways[process.argv[2]]()
}, LIFE_MILLIS)
