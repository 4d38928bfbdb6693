import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanOptions,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { suppressTracing } from '@opentelemetry/core'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider as SdkTracerProvider,
  type ReadableSpan,
  type Sampler,
  type SamplingResult,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { randomIds } from '../../src/tracer/random-ids.js'
import { TracerProvider, type TracerProviderOptions } from '../../src/tracer/tracer-provider.js'
import { EndedSpans } from './ended-spans.js'

let said: string[]

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()))
afterAll(() => context.disable())

beforeEach(() => {
  said = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text))
    return true
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function tracing(options: TracerProviderOptions = {}): {
  readonly spans: EndedSpans
  readonly start: (name: string, options?: SpanOptions, parent?: Context) => Span
} {
  const spans = new EndedSpans()
  const { spanProcessors = [] } = options
  const tracer = new TracerProvider({ ...options, spanProcessors: [...spanProcessors, spans] }).getTracer('test')
  return { spans, start: (name, options, parent = ROOT_CONTEXT) => tracer.startSpan(name, options, parent) }
}

const below = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span)
const sampler = (shouldSample: Sampler['shouldSample']): Sampler => ({ shouldSample, toString: () => 'Test' })
const fail = (): never => {
  throw new Error('out of order')
}

describe('wrong options are told at once:', () => {
  const processor = new EndedSpans()
  test.each<[string, string, unknown]>([
    ['options', 'ERR_OPTION_TYPE', null],
    ['options', 'ERR_OPTION_TYPE', 'text'],
    ['options', 'ERR_OPTION_TYPE', []],
    ['sampler', 'ERR_OPTION_TYPE', { sampler: 'always_on' }],
    ['sampler', 'ERR_OPTION_TYPE', { sampler: {} }],
    ['sampler', 'ERR_OPTION_TYPE', { sampler: null }],
    ['idGenerator', 'ERR_OPTION_TYPE', { idGenerator: { generateTraceId: () => '' } }],
    ['idGenerator', 'ERR_OPTION_TYPE', { idGenerator: () => '' }],
    ['spanProcessors', 'ERR_OPTION_TYPE', { spanProcessors: processor }],
    ['spanProcessors', 'ERR_OPTION_TYPE', { spanProcessors: null }],
    ['spanProcessors[1]', 'ERR_OPTION_TYPE', { spanProcessors: [processor, { onStart: fail, onEnd: fail }] }],
    ['spanProcessors[0]', 'ERR_OPTION_TYPE', { spanProcessors: ['batch'] }],
    ['spanLimits', 'ERR_OPTION_TYPE', { spanLimits: 128 }],
    ['spanLimits.attributes', 'ERR_OPTION_UNKNOWN', { spanLimits: { attributes: 1 } }],
    ['spanLimits.linkCountLimit', 'ERR_OPTION_TYPE', { spanLimits: { linkCountLimit: '1' } }],
    ['spanLimits.eventCountLimit', 'ERR_OPTION_RANGE', { spanLimits: { eventCountLimit: -1 } }],
    ['spanLimits.attributeCountLimit', 'ERR_OPTION_RANGE', { spanLimits: { attributeCountLimit: 1.5 } }],
    ['spanLimits.attributeCountLimit', 'ERR_OPTION_RANGE', { spanLimits: { attributeCountLimit: NaN } }],
    ['spanLimits.attributeValueLengthLimit', 'ERR_OPTION_RANGE', { spanLimits: { attributeValueLengthLimit: NaN } }],
    ['spanLimits.attributePerLinkCountLimit', 'ERR_OPTION_RANGE', { spanLimits: { attributePerLinkCountLimit: -1 } }],
  ])('%s (%s)', (option, code, options) => {
    const made = (): unknown => new TracerProvider(options as TracerProviderOptions)
    expect(made).toThrow(TracingConfigError)
    expect(made).toThrow(expect.objectContaining({ option, code }))
  })

  test('options that are not given are none', () => {
    expect(new TracerProvider({ sampler: undefined, spanLimits: undefined } as object).getTracer('test')).toBeDefined()
    expect(new TracerProvider({ spanLimits: { linkCountLimit: undefined } as object })).toBeDefined()
  })
})

describe('by default', () => {
  test('spans have the resource of the SDK', () => {
    const { spans, start } = tracing()
    start('work').end()
    expect(spans.only.resource.attributes).toEqual(defaultResource().attributes)
  })

  test('roots are sampled, and children as their parents', () => {
    const { start } = tracing()
    const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isRemote: true }
    const parents = [TraceFlags.SAMPLED, TraceFlags.NONE].map((traceFlags) => ({ ...remote, traceFlags }))
    expect(start('root').spanContext().traceFlags).toBe(TraceFlags.SAMPLED)
    expect(
      parents.map((parent) => start('child', {}, trace.setSpanContext(ROOT_CONTEXT, parent)).isRecording()),
    ).toEqual([true, false])
  })

  test('a span has 128 of each', () => {
    const { spans, start } = tracing()
    const many = Object.fromEntries(Array.from({ length: 130 }, (_, n) => [`key ${n}`, n]))
    const span = start('work', { attributes: many })
    const link = { context: span.spanContext(), attributes: many }
    for (let n = 0; n < 130; n++) span.addEvent(`event ${n}`, many).addLink(link)
    span.end()
    const { attributes, events, links, ...counts } = spans.only
    expect([Object.keys(attributes).length, events.length, links.length]).toEqual([128, 128, 128])
    expect(counts).toMatchObject({ droppedAttributesCount: 2, droppedEventsCount: 2, droppedLinksCount: 2 })
    expect([events[0], links[0]]).toMatchObject([{ droppedAttributesCount: 2 }, { droppedAttributesCount: 2 }])
    expect(events[0]?.name).toBe('event 2')
  })

  test('long values stay whole, and a limit of 0 cuts none, as with the SDK', () => {
    const long = 'x'.repeat(100_000)
    for (const spanLimits of [{}, { attributeValueLengthLimit: 0 }, { attributeValueLengthLimit: Infinity }]) {
      const { spans, start } = tracing({ spanLimits })
      start('work', { attributes: { long } }).setAttribute('other', long).end()
      expect(spans.only.attributes).toEqual({ long, other: long })
    }
  })

  test('ids are valid and differ', () => {
    const { start } = tracing()
    const contexts = Array.from({ length: 2_000 }, () => start('work').spanContext())
    expect(contexts.every(isSpanContextValid)).toBe(true)
    expect(new Set(contexts.map(({ traceId }) => traceId)).size).toBe(2_000)
    expect(new Set(contexts.map(({ spanId }) => spanId)).size).toBe(2_000)
  })

  test('a limit may be Infinity, which is none', () => {
    const { spans, start } = tracing({ spanLimits: { attributeCountLimit: Infinity, eventCountLimit: Infinity } })
    const span = start('work')
    for (let n = 0; n < 200; n++) span.setAttribute(`key ${n}`, n).addEvent('event')
    span.end()
    expect([Object.keys(spans.only.attributes).length, spans.only.events.length]).toEqual([200, 200])
  })
})

describe('random ids', () => {
  /** Fills with the bytes of one count after the other. */
  const filled = (...drawn: number[]) => {
    let at = 0
    return (bytes: Buffer): void => void bytes.fill(drawn[at++] ?? drawn.at(-1) ?? 0)
  }

  test('have the digits that were drawn, and a fixed length', () => {
    const ids = randomIds(filled(0xab))
    expect([ids.generateTraceId(), ids.generateSpanId()]).toEqual(['ab'.repeat(16), 'ab'.repeat(8)])
  })

  test('are never all zeros', () => {
    const ids = randomIds(filled(0, 0, 0xcd))
    expect([ids.generateTraceId(), ids.generateSpanId()]).toEqual(['cd'.repeat(16), 'cd'.repeat(8)])
    expect(randomIds(filled(0, 0xef)).generateSpanId()).toBe('ef'.repeat(8))
  })

  test('use no byte twice', () => {
    let counted = 0
    const ids = randomIds((bytes) => {
      for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(++counted, at)
    })
    const words = Array.from({ length: 4_000 }, (_, n) => (n % 3 === 0 ? ids.generateTraceId() : ids.generateSpanId()))
      .join('')
      .match(/.{8}/g)
    expect(words?.length).toBeGreaterThan(4_000)
    expect(new Set(words).size).toBe(words?.length)
  })
})

describe('an id generator of one’s own', () => {
  test('is asked for a span id by each span, and for a trace id by each root', () => {
    const idGenerator = {
      generateTraceId: vi.fn(() => '1'.repeat(32)),
      generateSpanId: vi.fn(() => '2'.repeat(16)),
    }
    const { start } = tracing({ idGenerator })
    const root = start('root')
    const child = start('child', {}, below(root))
    expect(root.spanContext()).toMatchObject({ traceId: '1'.repeat(32), spanId: '2'.repeat(16) })
    expect(child.spanContext().traceId).toBe('1'.repeat(32))
    expect([idGenerator.generateTraceId.mock.calls.length, idGenerator.generateSpanId.mock.calls.length]).toEqual([
      1, 2,
    ])
  })

  test('whose ids are invalid makes roots only, as with the SDK', () => {
    const idGenerator = { generateTraceId: () => '0'.repeat(32), generateSpanId: () => 'none' }
    const { spans, start } = tracing({ idGenerator })
    start('child', {}, below(start('root'))).end()
    expect(spans.only.parentSpanContext).toBeUndefined()
  })
})

describe('a tracer', () => {
  test('is the same for the same name, version and schema, and another for another', () => {
    const provider = new TracerProvider()
    const tracer = provider.getTracer('shop', '1.0', { schemaUrl: 'https://schema' })
    expect(provider.getTracer('shop', '1.0', { schemaUrl: 'https://schema' })).toBe(tracer)
    expect(provider.getTracer('shop')).toBe(provider.getTracer('shop', undefined, {}))
    const others = [
      provider.getTracer('shop'),
      provider.getTracer('shop', '1.0'),
      provider.getTracer('shop', '1.1', { schemaUrl: 'https://schema' }),
      provider.getTracer('shop', '1.0', { schemaUrl: 'https://other' }),
      provider.getTracer('stock', '1.0', { schemaUrl: 'https://schema' }),
      new TracerProvider().getTracer('shop', '1.0', { schemaUrl: 'https://schema' }),
    ]
    expect(new Set([tracer, ...others]).size).toBe(7)
  })

  test('keeps a thousand scopes: of names that are made of data, not all', () => {
    const provider = new TracerProvider()
    const tracers = Array.from({ length: 1_000 }, (_, index) => new WeakRef(provider.getTracer(`scope ${index}`)))
    expect(provider.getTracer('scope 0')).toBe(tracers[0]?.deref())
    provider.getTracer('one more')
    expect(provider.getTracer('scope 1')).toBe(tracers[1]?.deref())
    expect(provider.getTracer('scope 0')).not.toBe(tracers[0]?.deref())
  })

  test('is the scope of its spans', () => {
    const spans = new EndedSpans()
    const provider = new TracerProvider({ spanProcessors: [spans] })
    provider.getTracer('whole', '1.0', { schemaUrl: 'https://schema' }).startSpan('a').end()
    provider.getTracer('bare').startSpan('b').end()
    expect(spans.ended.map(({ instrumentationScope }) => instrumentationScope)).toStrictEqual([
      { name: 'whole', version: '1.0', schemaUrl: 'https://schema' },
      { name: 'bare' },
    ])
  })

  test('gives its spans the resource of the provider', () => {
    const resource = resourceFromAttributes({ 'service.name': 'shop' })
    const { spans, start } = tracing({ resource })
    start('work').end()
    expect(spans.only.resource).toBe(resource)
  })
})

describe('a sampler', () => {
  test('is asked with the context, the kind, the valid attributes and the links', () => {
    const shouldSample = vi.fn((..._asked: unknown[]): SamplingResult => ({ decision: SamplingDecision.NOT_RECORD }))
    const { start } = tracing({ sampler: sampler(shouldSample) })
    const link = { context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 } }
    const parent = ROOT_CONTEXT.setValue(Symbol('key'), 1)
    start('work', { kind: SpanKind.SERVER, attributes: { fine: 1, bad: 5n }, links: [link] }, parent)
    expect(shouldSample).toHaveBeenCalledExactlyOnceWith(
      parent,
      expect.stringMatching(/^[0-9a-f]{32}$/),
      'work',
      SpanKind.SERVER,
      { fine: 1 },
      [link],
    )
  })

  test('that drops makes a span that nobody records, with a valid context to pass on', () => {
    const { spans, start } = tracing({ sampler: new AlwaysOffSampler() })
    const span = start('dropped')
    span.end()
    expect(spans.started).toEqual([])
    expect([isSpanContextValid(span.spanContext()), span.spanContext().traceFlags]).toEqual([true, TraceFlags.NONE])
  })

  test('that throws is told, and never reaches the app: the span is dropped', () => {
    const { spans, start } = tracing({ sampler: sampler(fail) })
    start('one').end()
    start('two').end()
    expect(spans.started).toEqual([])
    expect(said.filter((line) => line.includes('out of order'))).toHaveLength(1)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a promise', Promise.resolve({ decision: SamplingDecision.RECORD_AND_SAMPLED })],
    ['no decision', {}],
  ])('that answers with %s never reaches the app: the span is dropped', (_what, answer) => {
    const { start } = tracing({ sampler: sampler(() => answer as SamplingResult) })
    expect(start('work').isRecording()).toBe(false)
  })

  test('adds attributes, but none that are invalid, and its own stay its own', () => {
    const tags = ['a']
    const { spans, start } = tracing({
      sampler: sampler(() => ({
        decision: SamplingDecision.RECORD_AND_SAMPLED,
        attributes: { tags, bad: 5n, '': 'no key', none: undefined, 'sampling.rule': 'all' },
      })),
    })
    start('work', { attributes: { given: 1 } }).end()
    tags.push('b')
    expect(spans.only.attributes).toEqual({ given: 1, tags: ['a'], 'sampling.rule': 'all' })
    expect(Object.keys(spans.only.attributes)).toEqual(['given', 'tags', 'sampling.rule'])
    expect(spans.only.droppedAttributesCount).toBe(2)
  })

  test('whose attributes can not be read never reaches the app', () => {
    const attributes = Object.defineProperty({}, 'broken', { enumerable: true, get: fail })
    const decision = SamplingDecision.RECORD_AND_SAMPLED
    const { spans, start } = tracing({ sampler: sampler(() => ({ decision, attributes })) })
    start('work').end()
    expect(spans.names).toEqual(['work'])
  })
})

describe('a processor', () => {
  test('that throws is logged once, and neither the others nor the app notice', () => {
    class BrokenProcessor extends EndedSpans {
      override onStart(): void {
        fail()
      }
      onEnding(): void {
        fail()
      }
      override onEnd(): void {
        fail()
      }
    }
    const { spans, start } = tracing({ spanProcessors: [new BrokenProcessor()] })
    start('one').end()
    start('two').end()
    expect([spans.started.length, spans.names]).toEqual([2, ['one', 'two']])
    expect(said).toEqual([expect.stringContaining('BrokenProcessor')])
  })

  test('has the span and its parent context as it starts', () => {
    const started = vi.fn()
    const { start } = tracing({ spanProcessors: [{ ...noProcessor, onStart: started }] })
    const parent = ROOT_CONTEXT.setValue(Symbol('key'), 1)
    const span = start('work', {}, parent)
    expect(started).toHaveBeenCalledExactlyOnceWith(span, parent)
  })
})

const noProcessor: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}

describe('flush and shutdown', () => {
  const rejecting = (): Promise<void> => Promise.reject(new Error('backend away'))

  test('reach all processors and wait for them', async () => {
    const done: string[] = []
    const processor = (name: string): SpanProcessor => ({
      ...noProcessor,
      forceFlush: async () => {
        await Promise.resolve()
        done.push(`${name} flushed`)
      },
      shutdown: async () => {
        await Promise.resolve()
        done.push(`${name} shut down`)
      },
    })
    const provider = new TracerProvider({ spanProcessors: [processor('a'), processor('b')] })
    await provider.forceFlush()
    expect(done).toEqual(['a flushed', 'b flushed'])
    await provider.shutdown()
    expect(done.slice(2)).toEqual(['a shut down', 'b shut down'])
  })

  test.each<['forceFlush' | 'shutdown']>([['forceFlush'], ['shutdown']])(
    '%s never rejects, tells once what failed, and asks the other processors too',
    async (call) => {
      const last = vi.fn(() => Promise.resolve())
      const provider = new TracerProvider({
        spanProcessors: [
          { ...noProcessor, [call]: rejecting },
          { ...noProcessor, [call]: fail },
          { ...noProcessor, [call]: last },
        ],
      })
      await provider[call]()
      await provider[call]()
      expect(last).toHaveBeenCalledTimes(2)
      expect(said).toEqual([expect.stringContaining('backend away')])
    },
  )

  test.each<[string, { timeoutMillis: number } | undefined, number]>([
    ['30 s', undefined, 30_000],
    ['as long as it is told to', { timeoutMillis: 50 }, 50],
  ])('a flush waits for %s', async (_how, options, millis) => {
    vi.useFakeTimers()
    const provider = new TracerProvider({
      spanProcessors: [{ ...noProcessor, forceFlush: () => new Promise(() => {}) }],
    })
    let isDone = false
    const flushed = provider.forceFlush(options).then(() => (isDone = true))
    await vi.advanceTimersByTimeAsync(millis - 1)
    expect(isDone).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await flushed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a flush that is done leaves no timer', async () => {
    vi.useFakeTimers()
    await new TracerProvider().forceFlush()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('with parts of the SDK', () => {
  test('its simple processor exports each span', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
    provider.getTracer('test').startSpan('work').end()
    await provider.forceFlush()
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['work'])
    await provider.shutdown()
  })

  test('its batch processor exports what is sampled, and only that', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({
      spanProcessors: [new BatchSpanProcessor({ exporter })],
      sampler: sampler((_context, _traceId, name) => ({
        decision: name === 'sampled' ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.RECORD,
      })),
    })
    for (const name of ['sampled', 'recorded']) provider.getTracer('test').startSpan(name).end()
    await provider.forceFlush()
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['sampled'])
    await provider.shutdown()
  })

  test.each<
    [string, new (options: TracerProviderOptions) => TracerProvider | SdkTracerProvider, typeof TracerProvider]
  >([
    ['a span of the SDK is a parent of ours', SdkTracerProvider, TracerProvider],
    ['a span of ours is a parent of the SDK’s', TracerProvider, SdkTracerProvider as never],
  ])('%s', (_name, ParentProvider, ChildProvider) => {
    const spans = new EndedSpans()
    const options = { spanProcessors: [spans], sampler: new AlwaysOnSampler() }
    const parent = new ParentProvider(options).getTracer('test').startSpan('parent', {}, ROOT_CONTEXT)
    const tracer = new ChildProvider(options).getTracer('test')
    const child = tracer.startSpan('child', {}, below(parent)) as Span & ReadableSpan
    child.end()
    parent.end()
    expect(child.parentSpanContext).toBe(parent.spanContext())
    expect(child.spanContext().traceId).toBe(parent.spanContext().traceId)
    expect(spans.names).toEqual(['child', 'parent'])
  })
})

describe('startActiveSpan', () => {
  const tracer = new TracerProvider().getTracer('active')
  const key = Symbol('key')

  test('makes the span active in the function, and gives back what that returns', () => {
    const returned = tracer.startActiveSpan('work', (span) => [trace.getActiveSpan() === span, 'returned'])
    expect(returned).toEqual([true, 'returned'])
    expect(trace.getActiveSpan()).toBeUndefined()
  })

  test('takes options', () => {
    const [kind, attributes] = tracer.startActiveSpan(
      'work',
      { kind: SpanKind.CLIENT, attributes: { given: true } },
      (span) => [(span as Span & ReadableSpan).kind, (span as Span & ReadableSpan).attributes],
    )
    expect([kind, attributes]).toEqual([SpanKind.CLIENT, { given: true }])
  })

  test('takes a parent context, whose values the function sees', () => {
    const parent = tracer.startSpan('parent', {}, ROOT_CONTEXT)
    tracer.startActiveSpan('child', {}, below(parent).setValue(key, 'kept'), (span) => {
      expect((span as Span & ReadableSpan).parentSpanContext).toBe(parent.spanContext())
      expect(context.active().getValue(key)).toBe('kept')
    })
  })

  test('takes the active context where the parent is undefined, and no options where they are', () => {
    context.with(ROOT_CONTEXT.setValue(key, 'active'), () => {
      const work = (): unknown => context.active().getValue(key)
      expect(tracer.startActiveSpan('work', undefined as never, undefined as never, work)).toBe('active')
      expect(tracer.startActiveSpan('work', undefined as never, work)).toBe('active')
    })
  })

  test('is beneath the one around it', () => {
    tracer.startActiveSpan('outer', (outer) => {
      const inner = tracer.startSpan('inner') as Span & ReadableSpan
      expect(inner.parentSpanContext).toBe(outer.spanContext())
    })
  })

  test('gives back a promise as it is, and what the function throws is thrown; it ends no span', async () => {
    const promise = Promise.resolve(1)
    expect(tracer.startActiveSpan('work', () => promise)).toBe(promise)
    const error = new Error('of the app')
    let span: Span | undefined
    const work = (started: Span): never => {
      span = started
      throw error
    }
    expect(() => tracer.startActiveSpan('work', work)).toThrow(error)
    expect(span?.isRecording()).toBe(true)
    await promise
  })

  test('without a function does nothing', () => {
    expect((tracer.startActiveSpan as (name: string) => unknown).call(tracer, 'work')).toBeUndefined()
  })

  test('is a root with root: true, and what is beneath it belongs to it', () => {
    tracer.startActiveSpan('outer', (outer) => {
      tracer.startActiveSpan('root', { root: true }, (root) => {
        expect((root as Span & ReadableSpan).parentSpanContext).toBeUndefined()
        expect(root.spanContext().traceId).not.toBe(outer.spanContext().traceId)
        expect((tracer.startSpan('inner') as Span & ReadableSpan).parentSpanContext).toBe(root.spanContext())
      })
    })
  })
})

describe('startSpan', () => {
  test('takes the active span as its parent', () => {
    const { spans, start } = tracing()
    const parent = start('parent')
    context.with(below(parent), () => {
      const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('test')
      tracer.startSpan('child').end()
      tracer.startSpan('root', { root: true }).end()
    })
    expect(spans.ended.map(({ name, parentSpanContext }) => [name, parentSpanContext])).toEqual([
      ['child', parent.spanContext()],
      ['root', undefined],
    ])
  })

  test('hands a context without the parent to sampler and processor with root: true', () => {
    const asked: Context[] = []
    const { start } = tracing({
      sampler: sampler((parentContext) => {
        asked.push(parentContext)
        return { decision: SamplingDecision.RECORD_AND_SAMPLED }
      }),
      spanProcessors: [{ ...noProcessor, onStart: (_span, parentContext) => void asked.push(parentContext) }],
    })
    start('root', { root: true }, below(start('outer')))
    expect(asked.slice(2).map((parentContext) => trace.getSpan(parentContext))).toEqual([undefined, undefined])
    expect(asked).toHaveLength(4)
  })

  test('makes nothing while tracing is suppressed', () => {
    const shouldSample = vi.fn(fail)
    const { spans, start } = tracing({ sampler: sampler(shouldSample) })
    const span = start('hidden', {}, suppressTracing(ROOT_CONTEXT))
    expect([span.isRecording(), isSpanContextValid(span.spanContext()), spans.started]).toEqual([false, false, []])
    expect(shouldSample).not.toHaveBeenCalled()
  })
})
