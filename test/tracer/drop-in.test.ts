import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Span, type Tracer } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { TracerProvider } from '../../src/tracer/tracer-provider.js'
import { EndedSpans } from './ended-spans.js'

type WholeSpan = Span & ReadableSpan

let spans: EndedSpans
let tracer: Tracer

function tracerWith(...spanProcessors: SpanProcessor[]): Tracer {
  const resource = resourceFromAttributes({ 'service.name': 'shop' })
  return new TracerProvider({ resource, spanProcessors }).getTracer('drop-in', '1.0')
}

beforeEach(() => {
  spans = new EndedSpans()
  tracer = tracerWith(spans)
})

const start = (name: string, parent?: Span): WholeSpan =>
  tracer.startSpan(name, {}, parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT) as WholeSpan

describe.each<[string, (span: WholeSpan) => WholeSpan]>([
  ['a proxy around a span', (span) => new Proxy(span, {})],
  [
    'a proxy that binds the methods of a span',
    (span) =>
      new Proxy(span, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      }),
  ],
  ['an object that inherits from a span', (span) => Object.create(span) as WholeSpan],
])('%s', (_name, wrap) => {
  test('does all that the span does', () => {
    const span = start('wrapped')
    const wrapped = wrap(span)
    wrapped.setAttribute('one', 1).setAttributes({ two: ['a', 'b'] })
    wrapped.addEvent('event', { at: 'once' })
    wrapped.addLink({ context: span.spanContext() }).addLinks([{ context: span.spanContext() }])
    wrapped.recordException(new Error('broken'))
    wrapped.updateName('renamed')
    wrapped.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' })
    expect([wrapped.spanContext(), wrapped.isRecording(), wrapped.ended]).toEqual([span.spanContext(), true, false])
    wrapped.end()
    expect([wrapped.isRecording(), wrapped.ended]).toEqual([false, true])
    expect(spans.only).toMatchObject({
      name: 'renamed',
      attributes: { one: 1, two: ['a', 'b'] },
      status: { code: SpanStatusCode.ERROR, message: 'failed' },
      ended: true,
    })
    expect(spans.only.events.map(({ name }) => name)).toEqual(['event', 'exception'])
    expect(spans.only.links).toHaveLength(2)
    expect(spans.only.duration[0]).toBe(0)
  })

  test('is a parent as the span is, with the clock of its trace', () => {
    const parent = start('parent')
    const child = start('child', wrap(parent))
    expect(child.parentSpanContext).toBe(parent.spanContext())
    expect(child.spanContext().traceId).toBe(parent.spanContext().traceId)
    expect(child.startTime >= parent.startTime).toBe(true)
  })
})

describe('a span', () => {
  test('has its data in fields that a copy of it has', () => {
    const span = start('copied')
    span.setAttribute('kept', true)
    span.end()
    expect({ ...span }).toMatchObject({
      name: 'copied',
      kind: 0,
      attributes: { kept: true },
      links: [],
      events: [],
      status: { code: SpanStatusCode.UNSET },
      startTime: span.startTime,
      endTime: span.endTime,
      ended: true,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
      resource: span.resource,
      instrumentationScope: { name: 'drop-in', version: '1.0' },
    })
  })

  test('is shown with its data, and without what it is made with', () => {
    const span = start('shown', start('parent'))
    span.setAttribute('kept', 'value')
    const shown = inspect(span, { depth: 6 })
    const { traceId, spanId } = span.spanContext()
    for (const part of [traceId, spanId, 'shown', "kept: 'value'", 'parentSpanContext', 'startTime', 'shop', '1.0']) {
      expect(shown).toContain(part)
    }
    for (const part of ['clock', 'origin', 'processor', 'limits', 'attributesCount', 'ownContext']) {
      expect(shown).not.toContain(part)
    }
    expect(inspect([[[[span]]]], { depth: 1 })).not.toContain('kept')
  })

  test('can be shown in a proxy, and by its class', () => {
    const span = start('shown')
    expect(inspect(new Proxy(span, {}))).toContain("name: 'shown'")
    expect(inspect(Object.create(span))).toContain(span.spanContext().spanId)
  })

  test('has a context of its own that can be cloned, sent and compared', () => {
    const { traceId, spanId } = start('cloned').spanContext()
    const spanContext = start('cloned', trace.wrapSpanContext({ traceId, spanId, traceFlags: 1 })).spanContext()
    expect(structuredClone(spanContext)).toEqual({ traceId, spanId: spanContext.spanId, traceFlags: 1 })
    expect(JSON.parse(JSON.stringify(spanContext))).toEqual({ ...spanContext })
  })
})

describe('a processor', () => {
  const changing = (change: Partial<Pick<SpanProcessor, 'onStart' | 'onEnding' | 'onEnd'>>): SpanProcessor => ({
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    ...change,
  })
  const whole = (span: unknown): { -readonly [K in keyof WholeSpan]: WholeSpan[K] } => span as WholeSpan

  test('may change a span that has ended, for those after it', () => {
    tracer = tracerWith(
      changing({
        onEnd: (span) => {
          const changed = whole(span)
          changed.name = 'changed'
          changed.attributes.added = true
          changed.status = { code: SpanStatusCode.OK }
          changed.spanContext().traceFlags = TraceFlags.NONE
        },
      }),
      spans,
    )
    start('work').end()
    expect(spans.only).toMatchObject({
      name: 'changed',
      attributes: { added: true },
      status: { code: SpanStatusCode.OK },
    })
    expect(spans.only.spanContext().traceFlags).toBe(TraceFlags.NONE)
  })

  test('may change the status in its place, which changes that of no other span', () => {
    tracer = tracerWith(
      changing({
        onEnd: (span) => {
          if (span.name === 'bad') span.status.code = SpanStatusCode.ERROR
        },
      }),
      spans,
    )
    start('bad').end()
    start('good').end()
    expect(spans.ended.map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR },
      { code: SpanStatusCode.UNSET },
    ])
  })

  test('that ends a span which is ending does not end it again', () => {
    tracer = tracerWith(changing({ onEnding: (span) => span.end() }), spans)
    start('once').end()
    expect(spans.ended.length).toBe(1)
  })

  test('may add to a span that is ending', () => {
    tracer = tracerWith(changing({ onEnding: (span) => span.setAttribute('late', 1).updateName('renamed') }), spans)
    start('work').end()
    expect(spans.only).toMatchObject({ name: 'renamed', attributes: { late: 1 } })
  })
})
