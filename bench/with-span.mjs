// What `withSpan` costs over OpenTelemetry's own `tracer.startActiveSpan` with the same semantics: errors recorded, status
// set, span ended. Both in this process, in alternating rounds, measured in CPU time of this thread.
import { SpanStatusCode, context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AlwaysOffSampler, NoopSpanProcessor } from '@opentelemetry/sdk-trace'

const { TracerProvider, withSpan } = await import(process.env.SPANWRIGHT_BENCH_MODULE ?? 'spanwright')

const ROUNDS = Number(process.env.SPANWRIGHT_BENCH_ROUNDS ?? 15)
// The kernel counts CPU time in ticks of up to 4 ms: a round has to last a quarter of a second for 2 %.
const CALLS = 200_000
const WARM_UP_ROUNDS = 2
const GOAL = 1.1

const sampled = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
const unsampled = new TracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [new NoopSpanProcessor()] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager())

let tracer

function fail(span, error) {
  span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}

function bareSync(name, fn) {
  return tracer.startActiveSpan(name, (span) => {
    try {
      return fn(span)
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

function bareAsync(name, fn) {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await fn(span)
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

let sum = 0
const work = (span) => {
  span.setAttribute('item', sum)
  return ++sum
}
const asyncWork = async (span) => {
  span.setAttribute('item', sum)
  await undefined
  return ++sum
}

const cases = [
  { name: 'sync, sampled', provider: sampled, bare: () => bareSync('work', work), ours: () => withSpan('work', work) },
  {
    name: 'async, sampled',
    provider: sampled,
    bare: () => bareAsync('work', asyncWork),
    ours: () => withSpan('work', asyncWork),
  },
  {
    name: 'sync, unsampled',
    provider: unsampled,
    bare: () => bareSync('work', work),
    ours: () => withSpan('work', work),
  },
  {
    name: 'async, unsampled',
    provider: unsampled,
    bare: () => bareAsync('work', asyncWork),
    ours: () => withSpan('work', asyncWork),
  },
]

/** Nanoseconds of CPU a call. */
async function round(call, isAsync) {
  globalThis.gc?.()
  const before = process.threadCpuUsage()
  if (isAsync) for (let i = 0; i < CALLS; i++) await call()
  else for (let i = 0; i < CALLS; i++) call()
  const used = process.threadCpuUsage(before)
  return ((used.user + used.system) * 1_000) / CALLS
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const rows = []
for (const { name, provider, bare, ours } of cases) {
  trace.disable()
  trace.setGlobalTracerProvider(provider)
  tracer = trace.getTracer('bare')
  const isAsync = name.startsWith('async')
  const samples = { bare: [], ours: [] }
  for (let i = 0; i < ROUNDS; i++) {
    // Who goes first alternates, so that neither always runs on the other's garbage.
    for (const who of i % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare']) {
      const nanos = await round(who === 'bare' ? bare : ours, isAsync)
      if (i >= WARM_UP_ROUNDS) samples[who].push(nanos)
    }
  }
  const ratio = median(samples.ours) / median(samples.bare)
  rows.push({
    case: name,
    'startActiveSpan (ns)': Math.round(median(samples.bare)),
    'withSpan (ns)': Math.round(median(samples.ours)),
    ratio: Number(ratio.toFixed(3)),
    [`goal ≤ ${GOAL}`]: ratio <= GOAL ? 'met' : 'missed',
  })
}
console.table(rows)
