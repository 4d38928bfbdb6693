import { diag, SpanStatusCode, type Link, type Span, type SpanOptions } from '@opentelemetry/api'
import { InMemorySpanExporter, SamplingDecision, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { randomIds } from '../../src/tracer/random-ids.js'
import { TracerProvider } from '../../src/tracer/tracer-provider.js'

const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const tracer = provider.getTracer('app')
const LINK: Link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } }

const unreadable = (): object => ({
  get message(): string {
    throw new Error('not to be read')
  },
})

test.each<[string, (span: Span) => unknown]>([
  ['addLink(undefined)', (span) => span.addLink(undefined as never)],
  ['addLink() of what has no context', (span) => span.addLink({} as never)],
  ['addLinks(undefined)', (span) => span.addLinks(undefined as never)],
  ['setStatus(undefined)', (span) => span.setStatus(undefined as never)],
  ['recordException() of what can not be read', (span) => span.recordException(unreadable() as never)],
  ['setAttributes(null)', (span) => span.setAttributes(null as never)],
])('%s changes nothing, and never throws', (_, call) => {
  exporter.reset()
  const span = tracer.startSpan('fine')
  call(span)
  span.end()
  expect(exporter.getFinishedSpans()).toMatchObject([
    { name: 'fine', links: [], events: [], attributes: {}, status: { code: SpanStatusCode.UNSET } },
  ])
})

test('a span is started with the links that are some, and without options where they are null', () => {
  exporter.reset()
  const links = [undefined, LINK, 7, null] as unknown as Link[]
  tracer.startSpan('linked', { links }).end()
  tracer.startSpan('bare', null as unknown as SpanOptions).end()
  expect(exporter.getFinishedSpans()).toMatchObject([
    { name: 'linked', links: [LINK] },
    { name: 'bare', links: [] },
  ])
})

test('where no span can be started, the app gets one that records nothing, and the sampler has decided about none', () => {
  let asked = 0
  const failing = new TracerProvider({
    sampler: {
      shouldSample() {
        asked += 1
        return { decision: SamplingDecision.RECORD_AND_SAMPLED }
      },
    },
    idGenerator: {
      ...randomIds(),
      generateSpanId() {
        throw new Error('no more ids')
      },
    },
  })
  const span = failing.getTracer('app').startSpan('never')
  expect(span.isRecording()).toBe(false)
  expect(failing.getTracer('app').startActiveSpan('never', () => 'done')).toBe('done')
  expect(asked).toBe(0)
})

const WITHOUT_TEXT = Object.create(null) as object

test.each<[string, unknown, string]>([
  ['a symbol', Symbol('checkout'), 'Symbol(checkout)'],
  ['a number', 42, '42'],
  ['an object without a text', WITHOUT_TEXT, ''],
  ['undefined', undefined, ''],
])('a name that is %s is a text on the span, and no call that is too late or too much throws', (_, name, text) => {
  exporter.reset()
  diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, { suppressOverrideMessage: true })
  const limited = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    spanLimits: { attributeCountLimit: 1 },
  }).getTracer('app')
  const span = limited.startSpan(name as string)
  span.setAttributes({ a: 1, b: 2, c: 3 }).addEvent(name as string)
  span.end(new Date(0))
  for (const late of [
    () => span.setAttribute('a', 1),
    () => span.setAttributes({ a: 1 }),
    () => span.addEvent('late'),
    () => span.addLink(LINK),
    () => span.setStatus({ code: SpanStatusCode.OK }),
    () => span.updateName(name as string),
    () => span.recordException(new Error('late')),
    () => span.end(),
  ]) {
    expect(late).not.toThrow()
  }
  limited.startActiveSpan('renamed', (renamed) => renamed.updateName(name as string).end())
  diag.disable()
  expect(exporter.getFinishedSpans()).toMatchObject([{ name: text, events: [{ name: text }] }, { name: text }])
})

test("a user's diagnostic logger that throws does not fail the app", () => {
  const failing = (): never => {
    throw new Error('the log is full')
  }
  const logger = { error: failing, warn: failing, info: failing, debug: failing, verbose: failing }
  diag.setLogger({ ...logger, warn() {} }, { suppressOverrideMessage: true })
  diag.setLogger(logger, { suppressOverrideMessage: true })
  const span = tracer.startSpan('fine')
  span.end()
  expect(() => span.end()).not.toThrow()
  diag.disable()
})

test('a provider, a tracer and a span behind a proxy, or inherited from, make spans as they do themselves', () => {
  for (const [around, how] of [
    [<T extends object>(it: T): T => new Proxy(it, {}), 'proxied'],
    [<T extends object>(it: T): T => Object.create(it) as T, 'inherited'],
  ] as const) {
    exporter.reset()
    const span = around(around(around(provider).getTracer('wrapped')).startSpan(how))
    span.setAttribute('a', 1).addEvent('event').updateName(`${how} and renamed`).end()
    around(around(provider).getTracer('wrapped')).startActiveSpan('active', (active) => active.end())
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual([`${how} and renamed`, 'active'])
  }
})
