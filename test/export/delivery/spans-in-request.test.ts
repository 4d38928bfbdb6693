import fc from 'fast-check'
import { expect, test } from 'vitest'
import { halvesOf, weighSpans } from '../../../src/export/delivery/requests/spans-in-request.js'
import { decoded, encoded, spanNames, type Format, type SpanSpec, withoutSpansBelow } from './requests.js'

const FORMATS: Format[] = ['protobuf', 'json']

/** The threshold below the last of fourteen digits, as the code counts. */
const above = (randomness: string): number => parseInt(randomness.slice(0, 13), 16) + 1

const thinned = (bytes: Uint8Array, spans: number, threshold: number): string[] | undefined => {
  const { rest } = withoutSpansBelow({ bytes, spans }, threshold)
  return rest && spanNames(rest)
}

test.each(FORMATS)('a trace stays or goes by the last seven bytes of its id: %s', (format) => {
  const bytes = encoded(
    [
      { randomness: '00000000000fff', name: 'low' },
      { randomness: 'ff000000000000', name: 'high' },
    ],
    format,
  )
  expect(thinned(bytes, 2, above('00000000000ff0') - 1)).toEqual(['low', 'high'])
  expect(thinned(bytes, 2, above('00000000000ff0'))).toEqual(['high'])
})

test.each(FORMATS)('explicit randomness goes before that of the trace id: %s', (format) => {
  const bytes = encoded(
    [
      { randomness: 'ff000000000000', name: 'explicitly low', traceState: 'vendor=1,ot=th:8;rv:00000000000001' },
      { randomness: '00000000000001', name: 'explicitly high', traceState: 'ot=rv:ff000000000000' },
      { randomness: 'ff000000000000', name: 'not ours', traceState: 'vendor=rv:00000000000001' },
    ],
    format,
  )
  expect(thinned(bytes, 3, 2 ** 51)).toEqual(['explicitly high', 'not ours'])
})

test.each(FORMATS)('emptied scopes and resources go, and the rest is exactly what it was: %s', (format) => {
  const specs: SpanSpec[] = [
    { randomness: '1', service: 'a', scope: 'x', name: 'gone' },
    { randomness: 'ff000000000000', service: 'a', scope: 'y', name: 'kept', padding: 300 },
    { randomness: '2', service: 'b', name: 'gone too' },
    { randomness: '3', service: 'c', name: 'gone as well' },
    { randomness: 'ff000000000000', service: 'c', name: 'also kept' },
  ]
  const { rest, dropped } = withoutSpansBelow({ bytes: encoded(specs, format), spans: 5 }, 2 ** 51)
  const kept = specs.filter(({ name }) => name?.endsWith('kept'))
  expect(dropped).toBe(3)
  expect(decoded(rest ?? new Uint8Array())).toEqual(decoded(encoded(kept, format)))
})

test.each(FORMATS)('where no span goes the bytes are the same, where all go there are none: %s', (format) => {
  const bytes = encoded([{ randomness: '10' }, { randomness: '20' }], format)
  expect(withoutSpansBelow({ bytes, spans: 2 }, 1)).toEqual({ rest: bytes, dropped: 0 })
  expect(withoutSpansBelow({ bytes, spans: 2 }, 1).rest).toBe(bytes)
  expect(withoutSpansBelow({ bytes, spans: 2 }, 3)).toEqual({ rest: undefined, dropped: 2 })
})

test.each([
  ['resourceLogs', 'scopeLogs', 'logRecords'],
  ['resourceMetrics', 'scopeMetrics', 'metrics'],
])('%s in JSON are halved like spans, and nothing else of them changes', (resources, scopes, items) => {
  const request = (...names: string[]): object => ({
    [resources]: [
      { resource: { a: 1 }, [scopes]: [{ scope: { b: 2 }, [items]: names.map((name) => ({ name, c: [3] })) }] },
    ],
  })
  const bytes = new TextEncoder().encode(JSON.stringify(request('1', '2', '3')))
  const halves = halvesOf({ bytes, spans: 3 })?.map(({ bytes: half, spans }) => [
    spans,
    JSON.parse(Buffer.from(half).toString()) as object,
  ])
  expect(halves).toEqual([
    [2, request('1', '2')],
    [1, request('3')],
  ])
})

test('fields that nobody knows yet stay, at every level', () => {
  const span = (end: number): number[] => [0x0a, 16, ...Array<number>(15).fill(end), end, 0xfa, 0x7f, 2, 7, 8]
  const unknown = [0x9d, 0x7f, 1, 2, 3, 4]
  const message = (tag: number, ...parts: number[][]): number[] => [tag, parts.flat().length, ...parts.flat()]
  const request = (...spans: number[][]): number[] => [
    ...unknown,
    ...message(0x0a, unknown, message(0x12, ...spans.map((bytes) => message(0x12, bytes)), unknown), unknown),
  ]
  const { rest } = withoutSpansBelow({ bytes: new Uint8Array(request(span(1), span(0xff))), spans: 2 }, 2 ** 51)
  expect([...(rest ?? [])]).toEqual(request(span(0xff)))
})

test.each([
  ['cut short', encoded([{ randomness: '1' }]).slice(0, -3)],
  ['a field 0 after a span', new Uint8Array([...encoded([{ randomness: 'f0' }]), 0, 1])],
  ['a fixed number cut short after a span', new Uint8Array([...encoded([{ randomness: 'f0' }]), 0x31, 1, 2])],
  ['a group', new Uint8Array([0x0b, 0x0c])],
  ['no tag', new Uint8Array([0, 1])],
  ['a length without end', new Uint8Array([0x0a, ...Array<number>(12).fill(0xff)])],
  ['half of a JSON text', new TextEncoder().encode('{"resourceSpans":[')],
  ['another JSON text', new TextEncoder().encode('{"resourceSpans":7}')],
  ['nulls in JSON', new TextEncoder().encode('{"resourceSpans":[null]}')],
  ['nothing', new Uint8Array()],
])('bytes that are no request count as one trace of randomness 0: %s', (_name, bytes) => {
  const weights: number[][] = []
  weighSpans(bytes, (...weight) => weights.push(weight))
  expect(weights).toEqual([[0, bytes.byteLength]])
  expect(withoutSpansBelow({ bytes, spans: 5 }, 0)).toEqual({ rest: bytes, dropped: 0 })
  expect(withoutSpansBelow({ bytes, spans: 5 }, 1)).toEqual({ rest: undefined, dropped: 5 })
})

test('no bytes make it throw', () => {
  const damaged = fc
    .tuple(fc.constantFrom(...FORMATS), fc.nat(), fc.integer({ min: 0, max: 255 }))
    .map(([format, at, value]) => {
      const bytes = encoded([{ randomness: '1' }, { randomness: 'f0000000000000', scope: 'other' }], format)
      bytes[at % bytes.byteLength] = value
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), fc.nat(), (bytes, threshold) => {
      weighSpans(bytes, (randomness) => expect(randomness).toBeGreaterThanOrEqual(0))
      const { rest, dropped } = withoutSpansBelow({ bytes, spans: 2 }, threshold * 2 ** 21)
      expect(dropped).toBeLessThanOrEqual(2)
      if (rest) expect(withoutSpansBelow({ bytes: rest, spans: 2 }, threshold * 2 ** 21)).toEqual({ rest, dropped: 0 })
    }),
  )
})

const anySpan: fc.Arbitrary<SpanSpec> = fc.record({
  randomness: fc.constantFrom('00000000000010', '10000000000000', '80000000000000', 'f0000000000000'),
  service: fc.constantFrom('a', 'b'),
  scope: fc.constantFrom('x', 'y'),
  padding: fc.constantFrom(0, 100, 20_000),
})

/** In the order in which a serializer writes them, whichever of them are there. */
const grouped = (specs: SpanSpec[]): SpanSpec[] =>
  specs.toSorted((a, b) => `${a.service}${a.scope}`.localeCompare(`${b.service}${b.scope}`))

test('what spans weigh is what their going frees, and only they go', () => {
  fc.assert(
    fc.property(
      fc.array(anySpan, { minLength: 1, maxLength: 8 }).map(grouped),
      fc.constantFrom(...FORMATS),
      fc.constantFrom(1, 2, 2 ** 49, 2 ** 51, 2 ** 52),
      (specs, format, threshold) => {
        const bytes = encoded(specs, format)
        let weight = 0
        weighSpans(bytes, (randomness, spanWeight) => {
          if (randomness < threshold) weight += spanWeight
        })
        const { rest, dropped } = withoutSpansBelow({ bytes, spans: specs.length }, threshold)
        const kept = specs.filter(({ randomness }) => above(randomness) > threshold)
        expect(dropped).toBe(specs.length - kept.length)
        expect(rest && decoded(rest)).toEqual(kept.length > 0 ? decoded(encoded(kept, format)) : undefined)
        // Shorter lengths and commas that are not needed any more come on top.
        const freed = bytes.byteLength - (rest?.byteLength ?? 0)
        expect(freed).toBeGreaterThanOrEqual(weight)
        expect(freed).toBeLessThanOrEqual(weight + 32)
      },
    ),
  )
})
