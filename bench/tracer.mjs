// What a span costs from its start to its end, before anybody sends it, beside the SDK's TracerProvider: CPU time of the main thread.
//   node bench/tracer.mjs [--rounds 9]
// Each round is a process of its own, in turn: five spans a trace, five attributes each. The build is what is measured.
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { median, nanos, ratios, times } from './delivery/figures.mjs'

const SPANS = 400_000
const PROVIDERS = { sdk: '@opentelemetry/sdk-trace', spanwright: 'spanwright' }
const SAMPLERS = {
  recorded: undefined,
  'sampled out': { shouldSample: () => ({ decision: 0 }), toString: () => 'none' },
}

if (process.send) await tellOne(process.argv[2], process.argv[3])
else await compare()

async function tellOne(provider, sampler) {
  const { TracerProvider } = await import(PROVIDERS[provider])
  const idle = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [idle], sampler: SAMPLERS[sampler] }))
  const tracer = trace.getTracer('bench')
  const span = (name, body) =>
    tracer.startActiveSpan(name, (active) => {
      active.setAttributes({ method: 'GET', route: '/items/:id', status: 200, count: 17, hit: true })
      body?.()
      active.end()
    })
  const children = () => {
    for (const name of ['db.query', 'cache.get', 'render', 'encode']) span(name)
  }
  const make = () => {
    for (let made = 0; made < SPANS; made += 5) span('GET /items/:id', children)
  }
  make()
  const before = process.threadCpuUsage()
  make()
  const { user, system } = process.threadCpuUsage(before)
  process.send(((user + system) * 1_000) / SPANS)
}

async function compare() {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
  const table = {}
  for (const sampler of Object.keys(SAMPLERS)) {
    const seen = { sdk: [], spanwright: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const provider of Object.keys(seen)) {
        const child = fork(import.meta.filename, [provider, sampler])
        const [[nanosPerSpan]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
        seen[provider].push(nanosPerSpan)
      }
    }
    const { sdk, spanwright } = seen
    const share = times(median(ratios(spanwright, sdk)))
    table[sampler] = { sdk: nanos(median(sdk)), spanwright: nanos(median(spanwright)), share }
  }
  console.log(`Node.js ${process.version}, medians of ${values.rounds} rounds`)
  console.table(table)
}
