import { B3Propagator } from '@opentelemetry/propagator-b3'
import { context, createContextKey, propagation, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { extractTraceContext, withExtractedContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { traceparent } from '../../../src/propagation/current-traceparent.js'
import {
  ALL_OF_IT,
  registerW3cPropagation,
  SENDER,
  TRACEPARENT,
  TRACE_ID,
  travelled,
  useW3cPropagation,
} from './w3c-propagation.js'

useW3cPropagation()

afterEach(() => {
  propagation.disable()
  registerW3cPropagation()
})

const OTHER = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '1'.repeat(32),
  spanId: '2'.repeat(16),
  traceFlags: TraceFlags.NONE,
})

test('the active context is what is injected', () => {
  expect(context.with(OTHER, () => injectTraceContext())).toEqual({
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`,
  })
})

test('nothing of the active context is in what is extracted', () => {
  const key = createContextKey('own')
  const received = context.with(OTHER.setValue(key, 'mine'), () => extractTraceContext({}))
  expect(received).toBe(ROOT_CONTEXT)
})

test('a context that was given is kept, with or without a trace in the carrier', () => {
  const given = ROOT_CONTEXT.setValue(createContextKey('own'), 'mine')
  expect(extractTraceContext({}, { context: given })).toBe(given)
  const key = createContextKey('other')
  expect(extractTraceContext({ traceparent: TRACEPARENT }, { context: given.setValue(key, 1) }).getValue(key)).toBe(1)
})

test('fn runs in the extracted context, and what it returns or throws comes back', async () => {
  const carrier = injectTraceContext(undefined, { context: SENDER })
  const received = await context.with(OTHER, () =>
    withExtractedContext(carrier, async () => {
      await Promise.resolve()
      return travelled(context.active())
    }),
  )
  expect(received).toEqual(ALL_OF_IT)
  const error = new Error('mine')
  expect(() =>
    withExtractedContext(carrier, () => {
      throw error
    }),
  ).toThrow(error)
  expect(context.with(OTHER, () => withExtractedContext({}, () => context.active()))).toBe(ROOT_CONTEXT)
})

test('traceparent is that of the active span, and of none outside one', () => {
  expect(context.with(SENDER, traceparent)).toBe(TRACEPARENT)
  expect(traceparent()).toBeUndefined()
  expect(
    context.with(
      trace.setSpanContext(ROOT_CONTEXT, { traceId: '0'.repeat(32), spanId: '', traceFlags: 1 }),
      traceparent,
    ),
  ).toBeUndefined()
})

test('traceparent is there without a propagator that writes it', () => {
  propagation.disable()
  expect(context.with(SENDER, traceparent)).toBe(TRACEPARENT)
  propagation.setGlobalPropagator(new B3Propagator())
  expect(context.with(SENDER, traceparent)).toBe(TRACEPARENT)
  const flags = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: '2'.repeat(16), traceFlags: 0x103 })
  expect(context.with(flags, traceparent)).toBe(`00-${TRACE_ID}-${'2'.repeat(16)}-03`)
})

test('whatever the propagators write goes in: B3, say', () => {
  propagation.disable()
  propagation.setGlobalPropagator(new B3Propagator())
  const env = injectTraceContext({ PATH: '/bin' }, { context: SENDER })
  expect(env).toHaveProperty('B3', expect.stringContaining(TRACE_ID))
  expect(trace.getSpanContext(extractTraceContext(env))?.traceId).toBe(TRACE_ID)
})
