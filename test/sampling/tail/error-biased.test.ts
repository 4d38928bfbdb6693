import { TraceFlags } from '@opentelemetry/api'
import { SamplingDecision, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { thresholdIn } from '../../../src/internal/trace-state/threshold.js'
import { errorBiasedSampler, type ErrorBiasedOptions } from '../../../src/sampling/samplers/error-biased.js'
import { keep } from '../../../src/sampling/tail/registry.js'
import { TailSpanProcessor } from '../../../src/sampling/tail/tail-processor.js'
import { fail, remoteParent, TailTracing } from './tail-tracing.js'

const LOW = '00000000000001'
const HIGH = 'ffffffffffffff'
const running: TailTracing[] = []

beforeEach(() => vi.useFakeTimers())
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(running.splice(0).map(({ provider }) => provider.shutdown()))
})

/** Every trace has the same R: by default one that no head ratio below 1 keeps. */
function tracing(options: ErrorBiasedOptions = { ratio: 0.01 }, randomness = LOW): TailTracing {
  const started = new TailTracing(errorBiasedSampler(options), undefined, () => randomness)
  running.push(started)
  return started
}

const th = (span: ReadableSpan | undefined): string | undefined => thresholdIn(span?.spanContext().traceState)

describe('a trace that errs', () => {
  test('is kept whole when a span deep inside errs', () => {
    const app = tracing()
    const root = app.start('root')
    const service = app.start('service', root)
    app.start('cache', service).end()
    fail(app.start('query', service))
    service.end()
    app.start('render', root).end()
    root.end()
    expect(app.names).toEqual(['cache', 'query', 'service', 'render', 'root'])
  })

  test('is exported as sampled with a threshold, and the span itself stays as it was', () => {
    const app = tracing()
    const root = app.start('root')
    fail(root)
    expect(app.exported[0]?.spanContext()).toMatchObject({ traceFlags: TraceFlags.SAMPLED })
    expect(th(app.exported[0])).toBe('0')
    expect(root.spanContext()).toMatchObject({ traceFlags: TraceFlags.NONE, traceState: undefined })
  })

  test('has the same threshold on all its spans where its head was sampled', () => {
    const app = tracing({ ratio: 0.01 }, HIGH)
    const root = app.start('root')
    app.start('before', root).end()
    fail(app.start('query', root))
    app.start('after', root).end()
    root.end()
    expect(app.exported.map(th)).toEqual(['0', '0', '0', '0'])
  })

  test('goes out with its first error, before the root has ended', () => {
    const app = tracing()
    const root = app.start('root')
    app.start('cache', root).end()
    fail(app.start('query', root))
    expect(app.names).toEqual(['cache', 'query'])
  })

  test('gives children that start afterwards a sampled context, for the services they call', () => {
    const app = tracing()
    const root = app.start('root')
    expect(app.start('call', root).spanContext().traceFlags).toBe(TraceFlags.NONE)
    fail(app.start('query', root))
    const call = app.start('call', root).spanContext()
    expect(call.traceFlags).toBe(TraceFlags.SAMPLED)
    expect(thresholdIn(call.traceState)).toBe('0')
  })

  test('is recognised by isError where that is given', () => {
    const app = tracing({ ratio: 0.01, isError: ({ attributes }) => attributes['http.response.status_code'] === 404 })
    const root = app.start('root')
    root.setAttribute('http.response.status_code', 404)
    root.end()
    expect(app.names).toEqual(['root'])
  })

  test('is kept by its status where isError throws, which is logged once', () => {
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const app = tracing({
      ratio: 0.01,
      isError: () => {
        throw new Error('broken predicate')
      },
    })
    fail(app.start('first'))
    fail(app.start('second'))
    expect(app.names).toEqual(['first', 'second'])
    expect(told.mock.calls.filter(([line]) => String(line).includes('broken predicate'))).toHaveLength(1)
    told.mockRestore()
  })

  test('is held to the limit: a storm of errors is thinned, and its weights make up for it', () => {
    const app = tracing({ ratio: 0, maxErrorTracesPerSecond: 10 })
    const storm = new TailTracing(errorBiasedSampler({ ratio: 0, maxErrorTracesPerSecond: 10 }))
    running.push(storm)
    for (let i = 0; i < 20_000; i++) {
      vi.advanceTimersByTime(1)
      fail(storm.start('root'))
    }
    expect(app.names).toEqual([])
    expect(storm.names.length).toBeLessThan(10 * 20 + 200)
    expect(Math.abs(storm.estimated('root') - 20_000)).toBeLessThan(4_500)
  })
})

describe('a trace without an error', () => {
  test('is dropped when its head was not sampled', () => {
    const app = tracing()
    const root = app.start('root')
    app.start('query', root).end()
    root.end()
    expect(app.names).toEqual([])
  })

  test('is kept with the threshold of the ratio when its head was sampled', () => {
    const app = tracing({ ratio: 0.01 }, HIGH)
    const root = app.start('root')
    app.start('query', root).end()
    root.end()
    expect(app.names).toEqual(['query', 'root'])
    expect(app.exported.map(th)).toEqual(['fd70a', 'fd70a'])
  })

  test('is kept when its root was slow', () => {
    const app = tracing({ ratio: 0.01, slowMillis: 100 })
    const slow = app.start('slow')
    app.start('query', slow).end()
    const quick = app.start('quick')
    vi.advanceTimersByTime(99)
    quick.end()
    vi.advanceTimersByTime(1)
    slow.end()
    expect(app.names).toEqual(['query', 'slow'])
  })

  test('is kept whole when keep(span) asks for it', () => {
    const app = tracing()
    const root = app.start('root')
    const query = app.start('query', root)
    expect(keep(query)).toBe(true)
    query.end()
    root.end()
    expect(app.names).toEqual(['query', 'root'])
  })

  test('is not recorded at all below recordRatio', () => {
    const app = tracing({ ratio: 0.01, recordRatio: 0.5 })
    const root = app.start('root')
    expect(root.isRecording()).toBe(false)
    expect(app.start('query', root).isRecording()).toBe(false)
  })
})

describe('the moment of the decision', () => {
  test('is 2 s after the root ended where another span stays open', () => {
    const app = tracing({ ratio: 0.01 }, HIGH)
    const root = app.start('root')
    app.start('leak', root)
    root.end()
    vi.advanceTimersByTime(1_900)
    expect(app.names).toEqual([])
    vi.advanceTimersByTime(600)
    expect(app.names).toEqual(['root'])
  })

  test('is at 60 s for a root that stays open, and a later error keeps what follows, marked as partial', () => {
    const app = tracing()
    const root = app.start('stream')
    app.start('lost', root).end()
    vi.advanceTimersByTime(60_500)
    expect(app.names).toEqual([])
    fail(app.start('message', root))
    app.start('afterwards', root).end()
    root.end()
    expect(app.names).toEqual(['message', 'afterwards', 'stream'])
    expect(app.exported.map(({ attributes }) => attributes['sampling.partial'])).toEqual([true, true, true])
  })

  test('marks what follows as partial also where the first spans were lost after the 60 s', () => {
    const app = tracing()
    const root = app.start('stream')
    vi.advanceTimersByTime(60_500)
    app.start('lost', root).end()
    fail(app.start('message', root))
    expect(app.names).toEqual(['message'])
    expect(app.exported[0]?.attributes['sampling.partial']).toBe(true)
  })

  test('is at 512 spans for a long trace, which holds no memory from then on', () => {
    const app = tracing({ ratio: 0.01 }, HIGH)
    const root = app.start('root')
    for (let i = 0; i < 511; i++) app.start('step', root).end()
    expect(app.names).toEqual([])
    app.start('step', root).end()
    expect(app.names).toHaveLength(512)
    app.start('late', root).end()
    expect(app.names).toHaveLength(513)
  })

  test('is the flush: what is there is decided and sent', async () => {
    const app = tracing({ ratio: 0.01 }, HIGH)
    const root = app.start('root')
    app.start('query', root).end()
    const flushed = app.provider.forceFlush()
    await vi.advanceTimersByTimeAsync(1)
    await flushed
    expect(app.names).toEqual(['query'])
  })

  test('does not come for a trace of which nothing has ended when others are flushed', async () => {
    const app = tracing()
    const root = app.start('root')
    await app.provider.forceFlush()
    app.start('query', root).end()
    fail(root)
    expect(app.names).toEqual(['query', 'root'])
    expect(app.exported[0]?.attributes['sampling.partial']).toBeUndefined()
  })

  test('is the shutdown at the latest', async () => {
    const ended: string[] = []
    const app = new TailTracing(
      errorBiasedSampler({ ratio: 0.01 }),
      () =>
        new TailSpanProcessor([
          {
            onStart() {},
            onEnd: ({ name }) => void ended.push(name),
            forceFlush: () => Promise.resolve(),
            shutdown: () => Promise.resolve(),
          },
        ]),
      () => HIGH,
    )
    const root = app.start('root')
    app.start('query', root).end()
    await app.provider.shutdown()
    expect(ended).toEqual(['query'])
  })
})

describe('a span that comes late', () => {
  test('is kept with a kept trace, at the same threshold', () => {
    const app = tracing()
    const root = app.start('root')
    fail(root)
    app.start('audit', root).end()
    expect(app.names).toEqual(['root', 'audit'])
    expect(app.exported.map(th)).toEqual(['0', '0'])
  })

  test('goes with a dropped trace, but an error in it is kept', () => {
    const app = tracing()
    const root = app.start('root')
    root.end()
    app.start('audit', root).end()
    fail(app.start('mail', root))
    expect(app.names).toEqual(['mail'])
    expect(app.exported[0]?.attributes['sampling.partial']).toBe(true)
  })
})

describe('under a remote parent', () => {
  test('that is unsampled, an error is kept', () => {
    const app = tracing()
    const root = app.start('root', remoteParent({ randomness: LOW, sampled: false }))
    fail(app.start('query', root))
    root.end()
    expect(app.names).toEqual(['query', 'root'])
  })

  test('that is unsampled, nothing else is, whatever R is', () => {
    const app = tracing()
    app.start('root', remoteParent({ randomness: HIGH, sampled: false, th: 'f' })).end()
    expect(app.names).toEqual([])
  })

  test('that is sampled, everything is kept with its threshold', () => {
    const app = tracing()
    app.start('root', remoteParent({ randomness: HIGH, sampled: true, th: 'c' })).end()
    expect(app.exported.map(th)).toEqual(['c'])
  })

  test('that is sampled at a threshold its trace does not reach, the threshold is erased', () => {
    const app = tracing()
    app.start('root', remoteParent({ randomness: LOW, sampled: true, th: 'c' })).end()
    expect(app.names).toEqual(['root'])
    expect(app.exported.map(th)).toEqual([undefined])
  })

  test('that is sampled, an error has the threshold of errors: unsampled traces that err count beside it', () => {
    const app = tracing()
    fail(app.start('root', remoteParent({ randomness: HIGH, sampled: true, th: 'c' })))
    expect(app.exported.map(th)).toEqual(['0'])
  })
})

test('several processors behind it get the same spans, and an error counts once against the limit', () => {
  const sampler = errorBiasedSampler({ ratio: 0, maxErrorTracesPerSecond: 1 })
  const others: string[] = []
  const other: SpanProcessor = {
    onStart() {},
    onEnd: ({ name }) => void others.push(name),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const app = new TailTracing(sampler, (next) => sampler.spanProcessor(next, other))
  running.push(app)
  // Ten at once are within the limit of one a second; counted twice, some of them would not be.
  for (let i = 0; i < 10; i++) fail(app.start('root'))
  expect(app.names).toHaveLength(10)
  expect(others).toEqual(app.names)
})

test('spans of traces that another sampler began pass as they are', () => {
  const app = tracing()
  const other = new TailTracing({
    shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
    toString: () => 'other',
    spanProcessor: (next) => new TailSpanProcessor([next]),
  })
  running.push(other)
  other.start('root').end()
  expect(other.names).toEqual(['root'])
  expect(app.names).toEqual([])
})

test.each([
  ['ratio', { ratio: Number.NaN }],
  ['ratio', { ratio: 1.5 }],
  ['recordRatio', { recordRatio: 0 }],
  ['slowMillis', { slowMillis: -1 }],
  ['maxErrorTracesPerSecond', { maxErrorTracesPerSecond: -1 }],
  ['maxSlowTracesPerSecond', { maxSlowTracesPerSecond: Number.NaN }],
  ['isError', { isError: 'yes' as never }],
  ['sampler', { sampler: {} as never }],
  ['clock', { clock: {} as never }],
  ['slowMilis', { slowMilis: 1 } as never],
])('an option that is wrong throws with its name: %s', (option, options) => {
  expect(() => errorBiasedSampler(options)).toThrow(TracingConfigError)
  expect(() => errorBiasedSampler(options)).toThrow(expect.objectContaining({ option }))
})
