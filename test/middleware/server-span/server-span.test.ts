import { context, createContextKey, propagation, SpanKind, trace } from '@opentelemetry/api'
import { getRPCMetadata, RPCType, setRPCMetadata, suppressTracing } from '@opentelemetry/core'
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import type { IncomingRequest } from '../../../src/middleware/server-span/incoming-request.js'
import { openServerSpan } from '../../../src/middleware/server-span/server-span.js'
import { TestTracing } from '../../spans/tracing.js'

const request = (carrier: unknown = {}): IncomingRequest => ({ method: 'GET', scheme: 'http', target: '/', carrier })

test('a request takes nothing from what the server was started in, but what is no trace of it', () => {
  const tracing = new TestTracing()
  const key = createContextKey('key')
  const outer = trace.getTracer('test').startSpan('boot')
  let started = trace.setSpan(context.active(), outer).setValue(key, 'kept')
  started = propagation.setBaggage(started, propagation.createBaggage({ tenant: { value: 'boot' } }))
  const server = context.with(started, () => openServerSpan(() => request()))
  expect(server.context.getValue(key)).toBe('kept')
  expect(propagation.getBaggage(server.context)).toBeUndefined()
  server.end(200)
  expect(tracing.named('GET').parentSpanContext).toBeUndefined()
})

test('where tracing is suppressed, there is no span', () => {
  const tracing = new TestTracing()
  const server = context.with(suppressTracing(context.active()), () => openServerSpan(() => request()))
  server.end(200)
  expect(tracing.ended).toEqual([])
})

test('a span that instrumentation does not record is the span all the same', () => {
  const tracing = new TestTracing()
  const unsampled = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('http').startSpan('GET')
  const metadata: { type: RPCType.HTTP; span: typeof unsampled; route?: string } = {
    type: RPCType.HTTP,
    span: unsampled,
  }
  const active = setRPCMetadata(trace.setSpan(context.active(), unsampled), metadata)
  const server = context.with(active, () => openServerSpan(() => expect.fail('it is not read')))
  server.setRoute('/a')
  server.end(500)
  expect(server.span).toBe(unsampled)
  expect(metadata.route).toBe('/a')
  expect(tracing.ended).toEqual([])
})

test('a SERVER span without word in the context is adopted, and gets the route as an attribute', () => {
  const tracing = new TestTracing()
  const span = trace.getTracer('next.js').startSpan('GET', { kind: SpanKind.SERVER })
  const server = context.with(trace.setSpan(context.active(), span), () => openServerSpan(() => request()))
  server.setRoute('/a')
  server.noteError(new Error('boom'))
  server.end(500)
  expect(tracing.ended).toEqual([])
  span.end()
  expect(tracing.named('GET').attributes['http.route']).toBe('/a')
  expect(tracing.named('GET').events).toHaveLength(1)
})

test('the route of an instrumentation further in is kept', () => {
  const tracing = new TestTracing()
  const server = openServerSpan(() => request())
  const metadata = getRPCMetadata(server.context)
  if (metadata?.type === RPCType.HTTP) metadata.route = '/shops/:shop'
  server.setRoute('/shops/gold')
  server.end(200)
  expect(tracing.names).toEqual(['GET /shops/:shop'])
})

test('the route of an instrumentation that has made the span is kept, too', () => {
  new TestTracing()
  const span = trace.getTracer('http').startSpan('GET')
  const metadata: { type: RPCType.HTTP; span: typeof span; route?: string } = {
    type: RPCType.HTTP,
    span,
    route: '/:shop',
  }
  const server = context.with(setRPCMetadata(context.active(), metadata), () => openServerSpan(() => request()))
  server.setRoute('/gold')
  expect(metadata.route).toBe('/:shop')
})

test('what has ended is no span of a request that begins in its context', () => {
  const tracing = new TestTracing()
  const first = openServerSpan(() => request())
  first.end(200)
  const second = context.with(first.context, () => openServerSpan(() => request()))
  expect(second.isOurs).toBe(true)
  second.end(200)
  expect(new Set(tracing.ended.map((span) => span.spanContext().traceId)).size).toBe(2)
})

test('ends once', () => {
  const tracing = new TestTracing()
  const server = openServerSpan(() => request())
  server.end(200)
  server.end(500)
  expect(tracing.ended.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200])
})

test('span processors that throw do not fail the request', () => {
  new TestTracing()
  const broken = (): never => {
    throw new Error('broken')
  }
  trace.disable()
  trace.setGlobalTracerProvider(
    new TracerProvider({
      spanProcessors: [
        { onStart() {}, onEnd: broken, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() },
      ],
    }),
  )
  expect(() => openServerSpan(() => request()).end(200)).not.toThrow()
})
