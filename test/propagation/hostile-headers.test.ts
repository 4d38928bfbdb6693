import { defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { charactersRead } from './characters-read.js'
import { firstValidPropagator } from '../../src/propagation/composite.js'
import { PROPAGATOR_NAMES, propagatorByName } from '../../src/propagation/by-name.js'

const ROOM = 15_360
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`
const DATADOG = { 'x-datadog-trace-id': '1', 'x-datadog-parent-id': '2', 'x-datadog-sampling-priority': '1' }

type Carrier = Readonly<Record<string, string | string[]>>

function filled(piece: (index: number) => string, between: string, room = ROOM): string {
  const pieces: string[] = []
  for (let length = 0; length < room; length += (pieces.at(-1) ?? '').length + between.length) {
    pieces.push(piece(pieces.length))
  }
  return pieces.slice(0, -1).join(between)
}

/** Lists whose specification demands that 8,192 bytes are read, and headers that may be long in versions to come. */
const LONG: Readonly<Record<string, Carrier>> = {
  'thousands of members of baggage': { baggage: filled((index) => `k${index}=v`, ',') },
  'one member of baggage thousands of times': { baggage: filled(() => 'k=v', ',') },
  'thousands of properties': { baggage: `k=v;${filled((index) => `p${index}=v`, ';')}` },
  'thousands of properties with blanks between': { baggage: `k=v;${filled((index) => `p${index} = v`, ' ; ')}` },
  'members with dozens of properties': { baggage: filled((index) => `k${index}=v;${'p; '.repeat(40)}`, ',') },
  'baggage that is commas': { baggage: ','.repeat(ROOM) },
  'baggage that is semicolons': { baggage: `k=v${';'.repeat(ROOM)}` },
  'baggage that is blanks': { baggage: `k=v,${' '.repeat(ROOM)},a=b` },
  'members of baggage that are none': { baggage: filled((index) => `"${index}"`, ',') },
  'baggage of percent signs': { baggage: filled((index) => `k${index}=${'%'.repeat(120)}`, ',') },
  'baggage of bytes that are no UTF-8': { baggage: filled((index) => `k${index}=${'a%FF'.repeat(30)}`, ',') },
  'baggage in many headers': { baggage: Array.from({ length: 900 }, (_, index) => `k${index}=v`) },
  'hundreds of entries of uberctx-': Object.fromEntries(
    Array.from({ length: 900 }, (_, index) => [`uberctx-k${index}`, 'v']),
  ),
  'a traceparent with commas': { traceparent: `01-${TRACEPARENT.slice(3)}-${filled(() => ' 0', ',', 4 * ROOM)}` },
}

/** What is longer than its format allows. */
const TOO_LONG: Readonly<Record<string, Carrier>> = {
  'a tracestate of many members': { traceparent: TRACEPARENT, tracestate: filled((index) => `k${index}=v`, ',') },
  'a tracestate that is commas': { traceparent: TRACEPARENT, tracestate: ','.repeat(4 * ROOM) },
  'a tracestate that is blanks': { traceparent: TRACEPARENT, tracestate: filled(() => ' \t', ',', 4 * ROOM) },
  'b3 of hex digits': { b3: 'a'.repeat(ROOM) },
  'b3 in several headers of hex digits': { 'x-b3-traceid': 'a'.repeat(ROOM), 'x-b3-spanid': 'a'.repeat(ROOM) },
  'an uber-trace-id of colons': { 'uber-trace-id': '%3a'.repeat(ROOM) },
  'an x-amzn-trace-id of semicolons': { 'x-amzn-trace-id': '; '.repeat(ROOM / 2) },
  "Datadog's origin of characters to escape": { ...DATADOG, 'x-datadog-origin': ';'.repeat(ROOM) },
  "Datadog's tags": { ...DATADOG, 'x-datadog-tags': filled((index) => `_dd.p.${index}=1`, ',') },
}

const all = firstValidPropagator(PROPAGATOR_NAMES.flatMap((name) => propagatorByName(name) ?? []))

/** To read what came in, and to send it on. */
function charactersReadOf(carrier: Carrier): number {
  return charactersRead(() => {
    const context = all.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)
    trace.getSpanContext(context)?.traceState?.get('ot')
    all.inject(context, {}, defaultTextMapSetter)
  })
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('to read and to send on, with all propagators there are, takes a look at four times as many characters as Node lets through at most', () => {
  test.each(Object.entries(LONG))('%s', (_what, carrier) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(charactersReadOf(carrier)).toBeLessThan(65_536)
  })
})

describe('what is too long for its format is not looked at', () => {
  test.each(Object.entries(TOO_LONG))('%s', (_what, carrier) => {
    expect(charactersReadOf(carrier)).toBeLessThan(2_048)
  })
})

describe('what is behind a limit is not read', () => {
  const keysOf = (carrier: Carrier): string[] => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const extracted = all.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)
    return (
      propagation
        .getBaggage(extracted)
        ?.getAllEntries()
        .map(([key]) => key) ?? []
    )
  }

  test.each<[string, string]>([
    ['63 other keys', Array.from({ length: 63 }, (_, index) => `k${index}=v`).join(',')],
    ['190 illegal members', '"",'.repeat(190)],
    ['10,000 blanks', ' '.repeat(10_000)],
  ])('a member of baggage is taken in behind %s', (_what, before) => {
    expect(keysOf({ baggage: `${before},last=v` })).toContain('last')
  })

  test.each<[string, string]>([
    ['64 other keys', Array.from({ length: 64 }, (_, index) => `k${index}=v`).join(',')],
    ['192 illegal members', '"",'.repeat(192)],
    ['10,240 blanks', ' '.repeat(10_240)],
  ])('a member of baggage is not taken in behind %s', (_what, before) => {
    expect(keysOf({ baggage: `${before},last=v` })).not.toContain('last')
  })

  test('an entry of Jaeger is not, behind 64 others', () => {
    const entries = Array.from({ length: 64 }, (_, index): [string, string] => [`uberctx-k${index}`, 'v'])
    expect(keysOf(Object.fromEntries<string>([...entries, ['uberctx-last', 'v']]))).toHaveLength(64)
  })
})
