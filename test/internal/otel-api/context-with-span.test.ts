import {
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { isTracingSuppressed, suppressTracing, unsuppressTracing } from '@opentelemetry/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contextWithSpan } from '../../../src/internal/otel-api/context-with-span.js'
import { TracerProvider } from '../../../src/tracer/tracer-provider.js'

const A = createContextKey('a')
const B = createContextKey('b')

const spanNamed = (spanId: string): Span => trace.wrapSpanContext({ ...INVALID_SPAN_CONTEXT, spanId })
const first = spanNamed('first')
const second = spanNamed('second')

describe('a context with a span', () => {
  test('has the span, for whoever asks the API', () => {
    const made = contextWithSpan(ROOT_CONTEXT, first)
    expect(trace.getSpan(made)).toBe(first)
    expect(trace.getSpanContext(made)).toBe(first.spanContext())
  })

  test('has the values of its parent, and takes more', () => {
    const made = contextWithSpan(ROOT_CONTEXT.setValue(A, 1), first).setValue(B, 2)
    expect([made.getValue(A), made.getValue(B), trace.getSpan(made)]).toEqual([1, 2, first])
  })

  test('does not change when another is made of it', () => {
    const parent = ROOT_CONTEXT.setValue(A, 1)
    const made = contextWithSpan(parent, first)
    const others = [
      made.setValue(A, 2),
      made.deleteValue(A),
      trace.setSpan(made, second),
      trace.deleteSpan(made),
      contextWithSpan(made, second),
    ]
    expect([made.getValue(A), trace.getSpan(made)]).toEqual([1, first])
    expect(parent.getValue(A)).toBe(1)
    expect(trace.getSpan(parent)).toBeUndefined()
    expect(others.map((other) => [other.getValue(A), trace.getSpan(other)])).toEqual([
      [2, first],
      [undefined, first],
      [1, second],
      [1, undefined],
      [1, second],
    ])
  })

  test('is without a span once it is deleted, also where there was one beneath', () => {
    const api = trace.setSpan(ROOT_CONTEXT, first)
    expect(trace.getSpan(trace.deleteSpan(contextWithSpan(api, second)))).toBeUndefined()
    expect(trace.getSpan(trace.deleteSpan(contextWithSpan(contextWithSpan(api, first), second)))).toBeUndefined()
    expect(trace.getSpan(trace.deleteSpan(trace.setSpan(contextWithSpan(api, first), second)))).toBeUndefined()
  })

  test('shows the span of the last one, however deep they are nested', () => {
    let nested: Context = ROOT_CONTEXT.setValue(A, 'outermost')
    for (let depth = 0; depth < 50_000; depth++) nested = contextWithSpan(nested, spanNamed(`${depth}`))
    expect(nested.getValue(A)).toBe('outermost')
    expect(trace.getSpanContext(nested)?.spanId).toBe('49999')
    expect(trace.getSpan(trace.deleteSpan(nested))).toBeUndefined()
  })

  test('has no span where none was set in its place', () => {
    expect(trace.getSpan(trace.setSpan(contextWithSpan(ROOT_CONTEXT, first), undefined as never))).toBeUndefined()
  })

  test('carries baggage', () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'blue' } })
    const below = contextWithSpan(propagation.setBaggage(ROOT_CONTEXT, baggage), first)
    const above = propagation.setBaggage(contextWithSpan(ROOT_CONTEXT, first), baggage)
    expect([below, above].map((made) => propagation.getBaggage(made))).toEqual([baggage, baggage])
    expect(trace.getSpan(propagation.deleteBaggage(above))).toBe(first)
    expect(propagation.getBaggage(propagation.deleteBaggage(above))).toBeUndefined()
  })

  test('carries the suppression of tracing, and its end', () => {
    const suppressed = contextWithSpan(suppressTracing(ROOT_CONTEXT), first)
    expect(isTracingSuppressed(suppressed)).toBe(true)
    expect(isTracingSuppressed(unsuppressTracing(suppressed))).toBe(false)
    expect(isTracingSuppressed(suppressTracing(contextWithSpan(ROOT_CONTEXT, first)))).toBe(true)
  })

  test('behaves as the API’s, whatever is set, read and deleted', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('span'), at: fc.nat(1) }),
      fc.record({ do: fc.constant('our span'), at: fc.nat(1) }),
      fc.record({ do: fc.constant('delete span'), at: fc.constant(0) }),
      fc.record({ do: fc.constant('set'), at: fc.nat(1) }),
      fc.record({ do: fc.constant('delete'), at: fc.nat(1) }),
    )
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let [ours, theirs]: [Context, Context] = [ROOT_CONTEXT, ROOT_CONTEXT]
        for (const [n, { do: what, at }] of steps.entries()) {
          const span = at === 0 ? first : second
          const key = at === 0 ? A : B
          const both = (change: (before: Context) => Context): void => {
            ;[ours, theirs] = [change(ours), change(theirs)]
          }
          if (what === 'span') both((before) => trace.setSpan(before, span))
          else if (what === 'our span') [ours, theirs] = [contextWithSpan(ours, span), trace.setSpan(theirs, span)]
          else if (what === 'delete span') both((before) => trace.deleteSpan(before))
          else if (what === 'set') both((before) => before.setValue(key, n))
          else both((before) => before.deleteValue(key))
          expect(trace.getSpan(ours)).toBe(trace.getSpan(theirs))
          expect([ours.getValue(A), ours.getValue(B)]).toEqual([theirs.getValue(A), theirs.getValue(B)])
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('within startActiveSpan', () => {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()))
  afterAll(() => context.disable())
  const tracer = new TracerProvider().getTracer('active')

  test('what was set outside is there, and what is set inside is gone afterwards', () => {
    context.with(ROOT_CONTEXT.setValue(A, 'outside'), () => {
      tracer.startActiveSpan('outer', (outer) => {
        expect([trace.getActiveSpan(), context.active().getValue(A)]).toEqual([outer, 'outside'])
        context.with(context.active().setValue(B, 'inside'), () => {
          tracer.startActiveSpan('inner', (inner) => {
            const active = context.active()
            expect([trace.getActiveSpan(), active.getValue(A), active.getValue(B)]).toEqual([
              inner,
              'outside',
              'inside',
            ])
          })
        })
        expect([trace.getActiveSpan(), context.active().getValue(B)]).toEqual([outer, undefined])
      })
      expect(trace.getActiveSpan()).toBeUndefined()
    })
  })

  test('the span stays active over what is awaited', async () => {
    await tracer.startActiveSpan('outer', async (outer) => {
      await Promise.resolve()
      expect(trace.getActiveSpan()).toBe(outer)
    })
  })

  test('suppressed tracing stays suppressed, and makes spans that nobody records', () => {
    context.with(suppressTracing(ROOT_CONTEXT), () => {
      tracer.startActiveSpan('hidden', (hidden) => {
        expect([hidden.isRecording(), isTracingSuppressed(context.active())]).toEqual([false, true])
        expect(tracer.startSpan('below').isRecording()).toBe(false)
      })
    })
  })
})
