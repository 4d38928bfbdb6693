import { ROOT_CONTEXT, trace, TraceFlags, type Context, type SpanContext } from '@opentelemetry/api'
import { suppressTracing, TraceState } from '@opentelemetry/core'
import { ParentBasedSampler, TracerProvider, type Sampler } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { datadogPropagator } from '../../src/propagation/datadog-propagator.js'
import { traceContextPropagator } from '../../src/propagation/trace-context/trace-context-propagator.js'
import { alwaysOff, alwaysOn } from '../../src/sampling/samplers/always.js'
import { probabilitySampler } from '../../src/sampling/samplers/probability.js'
import { alwaysGetting, extracted, injected, oddValue, throwingGetter } from './baggage/carriers.js'
import { fuzzRuns } from '../helpers/fuzz-runs.js'

const HIGH = '640cfd8d00000000'
const LOW = '7fffffffffffffff'
const IDS = { 'x-datadog-trace-id': '9223372036854775807', 'x-datadog-parent-id': '18446744073709551615' }
const TID = { 'x-datadog-tags': `_dd.p.tid=${HIGH}` }
const propagator = datadogPropagator()

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
})

function read(headers: object): SpanContext | undefined {
  return trace.getSpanContext(extracted(propagator, headers))
}

function ddOf(headers: object): string | undefined {
  return read({ ...IDS, ...headers })?.traceState?.get('dd')
}

/** What goes out for a span with this `dd` member. */
function written(dd: string | undefined, traceFlags: number, traceId = HIGH + LOW): Record<string, string> {
  const traceState = dd === undefined ? undefined : new TraceState(`dd=${dd}`)
  const spanContext = { traceId, spanId: 'f'.repeat(16), traceFlags, ...(traceState && { traceState }) }
  return injected(propagator, trace.setSpanContext(ROOT_CONTEXT, spanContext))
}

/** What a service with this sampler passes on of what it received. */
function passedOn(headers: object, sampler: Sampler): { headers: Record<string, string>; context: Context } {
  const before = extracted(propagator, headers)
  const span = new TracerProvider({ sampler }).getTracer('test').startSpan('work', {}, before)
  const context = trace.setSpan(before, span)
  return { headers: injected(propagator, context), context }
}

describe('what comes in', () => {
  test('has ids in decimal, the high half of the trace id among the tags, and a priority', () => {
    expect(read({ ...IDS, ...TID, 'x-datadog-sampling-priority': '1' })).toMatchObject({
      traceId: HIGH + LOW,
      spanId: 'f'.repeat(16),
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    })
  })

  test('may have a trace id of 64 bits, small numbers, bytes and lists', () => {
    expect(read(IDS)?.traceId).toBe('0'.repeat(16) + LOW)
    expect(read({ 'x-datadog-trace-id': Buffer.from('10'), 'x-datadog-parent-id': ['255', '2'] })).toMatchObject({
      traceId: '0'.repeat(31) + 'a',
      spanId: '00000000000000ff',
    })
  })

  test.each([
    ['-1', TraceFlags.NONE, 's:-1'],
    ['0', TraceFlags.NONE, 's:0'],
    ['1', TraceFlags.SAMPLED, 's:1'],
    ['2', TraceFlags.SAMPLED, 's:2'],
    ['3', TraceFlags.NONE, undefined],
    ['1.5', TraceFlags.NONE, undefined],
    ['yes', TraceFlags.NONE, undefined],
    [undefined, TraceFlags.NONE, undefined],
  ])('with priority %s is sampled or not, and keeps the priority it knows', (priority, traceFlags, dd) => {
    const headers = { 'x-datadog-sampling-priority': priority }
    expect(read({ ...IDS, ...headers })?.traceFlags).toBe(traceFlags)
    expect(ddOf(headers)).toBe(dd)
  })

  test('keeps origin and tags in the dd member of the tracestate', () => {
    const headers = {
      'x-datadog-sampling-priority': '2',
      'x-datadog-origin': 'rum',
      'x-datadog-tags': `_dd.p.dm=-4,_dd.p.tid=${HIGH},_dd.p.usr.id=YmF6NjQ=`,
    }
    expect(ddOf(headers)).toBe('s:2;o:rum;t.dm:-4;t.usr.id:YmF6NjQ~')
  })

  test("has what a tracestate can't carry replaced by _", () => {
    expect(ddOf({ 'x-datadog-origin': 'a,b;c~d=eé' })).toBe('o:a_b_c_d~e_')
    expect(ddOf({ 'x-datadog-tags': '_dd.p.a:b;c=v;w~x' })).toBe('t.a_b_c:v_w_x')
    expect(ddOf({ 'x-datadog-tags': '_dd.p.a=ends with a blank ,other=1' })).toBe('t.a:ends with a blank')
  })

  test('keeps no more in the dd member than its 256 characters', () => {
    const tags = `_dd.p.a=${'x'.repeat(100)},_dd.p.b=${'y'.repeat(200)},_dd.p.c=1`
    expect(ddOf({ 'x-datadog-sampling-priority': '1', 'x-datadog-tags': tags })).toBe(
      `s:1;t.a:${'x'.repeat(100)};t.c:1`,
    )
  })

  test.each([
    ['too short', '640cfd8d'],
    ['too long', `${HIGH}0`],
    ['no hex', '640cfd8d0000000g'],
    ['empty', ''],
  ])('with a high half that is %s has none', (_what, tid) => {
    expect(read({ ...IDS, 'x-datadog-tags': `_dd.p.tid=${tid},_dd.p.dm=-1` })?.traceId).toBe('0'.repeat(16) + LOW)
    expect(ddOf({ 'x-datadog-tags': `_dd.p.tid=${tid},_dd.p.dm=-1` })).toBe('t.dm:-1')
  })

  test('has no tags where their header is longer than 512 characters, nor tags that are malformed or of others', () => {
    expect(ddOf({ 'x-datadog-tags': `_dd.p.dm=-1,_dd.p.a=${'x'.repeat(500)}` })).toBeUndefined()
    expect(ddOf({ 'x-datadog-tags': '_dd.p.dm,_dd.p.=1,another=1,,=,_dd.p.b=é,_dd.p.c=,_dd.p.ok=1' })).toBe('t.ok:1')
  })

  test.each([
    ['no trace id', { 'x-datadog-trace-id': undefined }],
    ['no parent id', { 'x-datadog-parent-id': undefined }],
    ['a zero trace id', { 'x-datadog-trace-id': '0' }],
    ['a zero parent id', { 'x-datadog-parent-id': '0' }],
    ['a trace id above 64 bits', { 'x-datadog-trace-id': '18446744073709551616' }],
    ['a negative id', { 'x-datadog-parent-id': '-5' }],
    ['an id in hex', { 'x-datadog-trace-id': '7fff' }],
    ['an id that is a number', { 'x-datadog-trace-id': 7 }],
    ['a very long id', { 'x-datadog-trace-id': '1'.repeat(100_000) }],
  ])('with %s is no context', (_what, headers) => {
    expect(read({ ...IDS, ...headers })).toBeUndefined()
  })
})

describe('what goes out', () => {
  test('has ids in decimal, the high half in the tags, and 1 or 0 for the priority', () => {
    expect(written(undefined, TraceFlags.SAMPLED)).toEqual({ ...IDS, ...TID, 'x-datadog-sampling-priority': '1' })
    expect(written(undefined, TraceFlags.NONE, '0'.repeat(16) + LOW)).toEqual({
      ...IDS,
      'x-datadog-sampling-priority': '0',
    })
  })

  test.each([
    ['2', 1, '2'],
    ['1', 1, '1'],
    ['-1', 0, '-1'],
    ['0', 0, '0'],
    ['2', 0, '0'],
    ['-1', 1, '1'],
    ['7', 1, '1'],
  ])('with priority %s received and flags %i has priority %s', (received, traceFlags, priority) => {
    expect(written(`s:${received}`, traceFlags)['x-datadog-sampling-priority']).toBe(priority)
  })

  test("has origin and tags, also of a tracestate that Datadog's own tracers wrote", () => {
    const headers = written('s:2;o:rum~1;p:00f067aa0ba902b7;t.dm:-4;t.tid:ffffffffffffffff;t.usr.id:baz64~~', 1)
    expect(headers['x-datadog-origin']).toBe('rum=1')
    expect(headers['x-datadog-tags']).toBe(`_dd.p.tid=${HIGH},_dd.p.dm=-4,_dd.p.usr.id=baz64==`)
  })

  test('has as many tags as 512 characters take, whatever kind of tracestate they come from', () => {
    const dd = `t.a:${'x'.repeat(300)};t.b:${'y'.repeat(300)};t.c:1`
    const traceState = { get: () => dd, set: () => traceState, unset: () => traceState, serialize: () => `dd=${dd}` }
    const spanContext = { traceId: HIGH + LOW, spanId: 'f'.repeat(16), traceFlags: 1, traceState }
    expect(injected(propagator, trace.setSpanContext(ROOT_CONTEXT, spanContext))['x-datadog-tags']).toBe(
      `_dd.p.tid=${HIGH},_dd.p.a=${'x'.repeat(300)},_dd.p.c=1`,
    )
  })

  test('does not say who decided (dm) where another decision was made here', () => {
    expect(written('s:2;t.dm:-4;t.usr.id:1', TraceFlags.NONE)['x-datadog-tags']).toBe(
      `_dd.p.tid=${HIGH},_dd.p.usr.id=1`,
    )
  })

  test('is not there without a valid span, for a trace without a low half, and where tracing is suppressed', () => {
    expect(injected(propagator, ROOT_CONTEXT)).toEqual({})
    expect(written(undefined, 1, `${HIGH}${'0'.repeat(16)}`)).toEqual({})
    expect(injected(propagator, suppressTracing(extracted(propagator, IDS)))).toEqual({})
    expect(propagator.fields()).toEqual([
      'x-datadog-trace-id',
      'x-datadog-parent-id',
      'x-datadog-sampling-priority',
      'x-datadog-origin',
      'x-datadog-tags',
    ])
  })
})

describe('through a service', () => {
  const headers = {
    ...IDS,
    'x-datadog-sampling-priority': '2',
    'x-datadog-origin': 'synthetics',
    'x-datadog-tags': `_dd.p.tid=${HIGH},_dd.p.dm=-4`,
  }

  test('priority, origin and tags are passed on, in both formats', () => {
    const through = passedOn(headers, new ParentBasedSampler({ root: alwaysOff() }))
    const spanId = trace.getSpanContext(through.context)?.spanId ?? ''
    expect(through.headers).toEqual({ ...headers, 'x-datadog-parent-id': BigInt(`0x${spanId}`).toString() })
    const w3c = injected(traceContextPropagator(), through.context)
    expect(w3c.tracestate).toBe('dd=s:2;o:synthetics;t.dm:-4')
  })

  test('they stay next to what our own samplers write into the tracestate', () => {
    const through = passedOn(headers, probabilitySampler(1))
    expect(injected(traceContextPropagator(), through.context).tracestate).toContain('ot=th:0')
    expect(through.headers).toMatchObject({ 'x-datadog-sampling-priority': '2', 'x-datadog-origin': 'synthetics' })
  })

  test('the priority follows a sampler that decides otherwise', () => {
    const keep = { ...headers, 'x-datadog-sampling-priority': '-1' }
    expect(passedOn(keep, alwaysOn()).headers['x-datadog-sampling-priority']).toBe('1')
    expect(passedOn(headers, alwaysOff()).headers['x-datadog-sampling-priority']).toBe('0')
  })
})

test('a getter that throws leaves the context as it is', () => {
  expect(propagator.extract(ROOT_CONTEXT, {}, throwingGetter)).toBe(ROOT_CONTEXT)
})

const FORMATS: Record<string, RegExp> = {
  'x-datadog-trace-id': /^[1-9]\d{0,19}$/,
  'x-datadog-parent-id': /^[1-9]\d{0,19}$/,
  'x-datadog-sampling-priority': /^(-1|0|1|2)$/,
  'x-datadog-origin': /^[ -~]+$/,
  'x-datadog-tags': /^(?=.{1,512}$)_dd\.p\.[!-+\--<>-~]+=[ -+\--~]+(,_dd\.p\.[!-+\--<>-~]+=[ -+\--~]+)*$/,
}

function checkFormats(headers: Record<string, string>): void {
  for (const [name, text] of Object.entries(headers)) expect(text, name).toMatch(FORMATS[name] ?? /^$/)
}

test('whatever comes in, nothing throws, and what goes out has the format and, once read, stays the same', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string())
  const tag = fc.tuple(fc.oneof(fc.constant('_dd.p.'), text), text, text).map(([a, b, c]) => `${a}${b}=${c}`)
  const headersOf = fc.record(
    {
      'x-datadog-trace-id': fc.oneof(fc.bigInt({ min: 0n, max: 1n << 65n }).map(String), text),
      'x-datadog-parent-id': fc.oneof(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }).map(String), text),
      'x-datadog-sampling-priority': fc.oneof(fc.integer({ min: -2, max: 3 }).map(String), text),
      'x-datadog-origin': text,
      'x-datadog-tags': fc.array(fc.oneof(tag, fc.constant(`_dd.p.tid=${HIGH}`), text)).map((tags) => tags.join(',')),
    },
    { requiredKeys: ['x-datadog-trace-id', 'x-datadog-parent-id'] },
  )
  const check = (context: Context): void => {
    const out = injected(propagator, context)
    checkFormats(out)
    const again = extracted(propagator, out)
    expect(injected(propagator, again)).toEqual(out)
  }
  fc.assert(
    fc.property(headersOf, (headers) => check(extracted(propagator, headers))),
    { numRuns: fuzzRuns(0.15) },
  )
  fc.assert(
    fc.property(oddValue, (value) => check(propagator.extract(ROOT_CONTEXT, {}, alwaysGetting(value)))),
    { numRuns: fuzzRuns(0.02) },
  )
})

test('whatever the dd member says, what goes out has the format', () => {
  const field = fc.oneof(
    fc.tuple(fc.constantFrom('s', 'o', 'p', 't.dm', 't.tid', 't.', 't'), fc.string()).map((pair) => pair.join(':')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), fc.integer({ min: 0, max: 3 }), (fields, traceFlags) => {
      checkFormats(written(fields.join(';'), traceFlags))
    }),
    { numRuns: fuzzRuns(0.1) },
  )
})
