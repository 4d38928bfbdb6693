import { propagation, ROOT_CONTEXT, trace, TraceFlags, type Context } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PROPAGATOR_NAMES, propagatorByName } from '../../src/propagation/by-name.js'
import { firstValidPropagator } from '../../src/propagation/composite.js'
import { alwaysGetting, extracted, injected, oddValue, throwingGetter } from './baggage/carriers.js'
import { fuzzRuns } from '../helpers/fuzz-runs.js'

const TRACE_ID = '5759e988bd862e3fe1be46a994272793'
const SPAN_ID = '53995c3f42cd8ad8'
const sampled = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  traceFlags: 1,
  isRemote: true,
})

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
})

function named(name: string): NonNullable<ReturnType<typeof propagatorByName>> {
  const propagator = propagatorByName(name)
  if (!propagator) throw new Error(`no propagator ${name}`)
  return propagator
}

const HEADERS: [name: string, headers: Record<string, string>][] = [
  ['tracecontext', { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-1` }],
  ['b3multi', { 'x-b3-traceid': TRACE_ID, 'x-b3-spanid': SPAN_ID, 'x-b3-sampled': '1' }],
  ['xray', { 'x-amzn-trace-id': `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=${SPAN_ID};Sampled=1` }],
  ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:01` }],
  [
    'datadog',
    {
      'x-datadog-trace-id': '16266516598257821587',
      'x-datadog-parent-id': '6023947403358210776',
      'x-datadog-sampling-priority': '1',
      'x-datadog-tags': '_dd.p.tid=5759e988bd862e3f',
    },
  ],
]

test('these are the names', () => {
  expect(PROPAGATOR_NAMES).toEqual(['tracecontext', 'baggage', 'b3', 'b3multi', 'xray', 'jaeger', 'datadog'])
  expect(propagatorByName('ottrace')).toBeUndefined()
  expect(propagatorByName('constructor')).toBeUndefined()
})

test('baggage is ours, which does not encode keys', () => {
  const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ 'a|b': { value: 'c d' } }))
  expect(injected(named('baggage'), context)).toEqual({ baggage: 'a|b=c%20d' })
})

describe.each(HEADERS)('%s', (name, headers) => {
  test('writes its headers, and reads them', () => {
    expect(injected(named(name), sampled)).toEqual(headers)
    expect(trace.getSpanContext(extracted(named(name), headers))).toMatchObject({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    })
  })

  test('writes nothing where tracing is suppressed', () => {
    expect(injected(named(name), suppressTracing(sampled))).toEqual({})
  })
})

describe.each(HEADERS.filter(([name]) => name !== 'tracecontext'))('%s, whatever the carrier', (name, headers) => {
  const propagator = named(name)

  test('reads bytes', () => {
    const bytes = Object.fromEntries(Object.entries(headers).map(([header, text]) => [header, Buffer.from(text)]))
    expect(trace.getSpanContext(extracted(propagator, bytes))?.spanId).toBe(SPAN_ID)
  })

  test('leaves the context as it is when the getter throws', () => {
    expect(propagator.extract(ROOT_CONTEXT, {}, throwingGetter)).toBe(ROOT_CONTEXT)
  })

  test('never throws, and gives ids that W3C allows', () => {
    const mangled = fc
      .tuple(
        fc.constantFrom(...Object.values(headers)),
        fc.nat(60),
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.boolean(),
      )
      .map(([text, at, noise, up]) => text.slice(0, at) + noise + (up ? text.slice(at).toUpperCase() : text.slice(at)))
    fc.assert(
      fc.property(fc.oneof(mangled, oddValue), fc.array(fc.anything()), (value, names) => {
        const getter = alwaysGetting(value, [...Object.keys(headers), ...names])
        const spanContext = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, {}, getter))
        if (!spanContext) return
        expect(`${spanContext.traceId}-${spanContext.spanId}`).toMatch(/^(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}$/)
      }),
      { numRuns: fuzzRuns(0.005) },
    )
  })
})

test.each([
  ['b3multi', { 'x-b3-traceid': TRACE_ID.toUpperCase(), 'x-b3-spanid': SPAN_ID.toUpperCase(), 'x-b3-sampled': '1' }],
  ['xray', { 'x-amzn-trace-id': `Root=1-5759E988-BD862E3FE1BE46A994272793;Parent=53995C3F42CD8AD8;Sampled=1` }],
])('%s gives ids in small letters, as they stand in logs and in a traceparent', (name, headers) => {
  const context = extracted(named(name), headers)
  expect(trace.getSpanContext(context)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID })
})

test('xray keeps the tracestate that a traceparent brought', () => {
  const both = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, tracestate: 'a=1', ...HEADERS[3]?.[1] }
  const context = extracted(named('xray'), both, extracted(named('tracecontext'), both))
  expect(trace.getSpanContext(context)?.traceState?.serialize()).toBe('a=1')
})

describe('several together', () => {
  const ids = (context: Context): string | undefined => trace.getSpanContext(context)?.spanId
  const callers = {
    traceparent: `00-${TRACE_ID}-00000000000000aa-01`,
    b3: `${TRACE_ID}-00000000000000bb-1`,
    'uber-trace-id': `${TRACE_ID}:00000000000000cc:0:1`,
    baggage: 'a=1',
  }

  test('all inject', () => {
    const together = firstValidPropagator(['tracecontext', 'b3', 'jaeger'].map(named))
    expect(Object.keys(injected(together, sampled))).toEqual(['traceparent', 'b3', 'uber-trace-id'])
    expect(together.fields()).toEqual(['traceparent', 'tracestate', 'b3', 'uber-trace-id'])
  })

  test('the first that finds a valid trace has the say', () => {
    const together = firstValidPropagator(['jaeger', 'b3', 'tracecontext', 'baggage'].map(named))
    const context = extracted(together, callers)
    expect(ids(context)).toBe('00000000000000cc')
    expect(propagation.getBaggage(context)?.getEntry('a')).toEqual({ value: '1' })
    expect(ids(extracted(together, { ...callers, 'uber-trace-id': 'broken' }))).toBe('00000000000000bb')
    expect(ids(extracted(firstValidPropagator(['tracecontext', 'b3'].map(named)), callers))).toBe('00000000000000aa')
  })
})
