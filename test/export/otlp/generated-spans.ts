import {
  SpanStatusCode,
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import fc, { type Arbitrary } from 'fast-check'

/** Any UTF-16, lone surrogates too. */
const utf16 = fc.array(fc.oneof(fc.integer({ max: 0xffff, min: 0 }), fc.integer({ min: 0xd7f0, max: 0xe010 })))

/** Lengths at which something changes: the way a text is written, and the size of the length before it. */
const edges = fc.constantFrom(
  1,
  19,
  20,
  21,
  40,
  41,
  42,
  43,
  60,
  63,
  64,
  93,
  94,
  123,
  125,
  126,
  127,
  128,
  129,
  5_460,
  5_461,
)
const longer = fc.constantFrom(8_191, 8_192, 16_379, 16_383, 16_384, 100_000)
const characters = fc.constantFrom('a', 'a', 'a', '\x7f', '\x80', 'é', '€', '😀', '\ud800', '\udc00')

const repeated = fc.tuple(characters, edges).map(([character, length]) => character.repeat(length))
const mixed = fc.tuple(edges, characters, characters).map(([length, a, b]) => a.repeat(length) + b)
const huge = fc.tuple(characters, longer, characters).map(([a, length, b]) => a.repeat(length) + b)

export const text: Arbitrary<string> = fc.oneof(
  { weight: 80, arbitrary: fc.string() },
  { weight: 40, arbitrary: utf16.map((codes) => String.fromCharCode(...codes)) },
  { weight: 20, arbitrary: repeated },
  { weight: 20, arbitrary: mixed },
  { weight: 1, arbitrary: huge },
)

const INT64_EDGES = [
  ...[0, -0, 1, -1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, -(2 ** 32)],
  ...[2 ** 53 - 1, 2 ** 53, -(2 ** 53), 2 ** 56, 2 ** 63 - 1_024, 2 ** 63, -(2 ** 63), -(2 ** 63) - 2_048, 2 ** 64],
]

export const number: Arbitrary<number> = fc.oneof(
  fc.constantFrom(...INT64_EDGES),
  fc.constantFrom(NaN, Infinity, -Infinity, 0.1, Number.MIN_VALUE, Number.MAX_VALUE),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(Number),
  fc.double(),
)

/** Whatever can stand where a value of an attribute stands. Nested less deeply than the encoder allows. */
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    { weight: 6, arbitrary: text },
    { weight: 6, arbitrary: number },
    { weight: 3, arbitrary: fc.boolean() },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>(null, undefined, 1n, Symbol('none'), () => 1, new Date(0)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    { weight: 2, arbitrary: fc.array(fc.oneof(tie('any')), { maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(fc.string(), { maxLength: 60 }) },
    { weight: 2, arbitrary: fc.dictionary(text, tie('any'), { maxKeys: 4 }) },
  ),
})).any

const KEYS = ['http.request.method', 'http.response.status_code', 'server.port', 'db.query.text', 'a']
const key = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...KEYS) }, { weight: 1, arbitrary: text })
const attributes = fc.dictionary(key, value, { maxKeys: 8 }) as Arbitrary<Attributes>

function hex(bytes: number): Arbitrary<string> {
  const lower = fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'))
  return fc.oneof(
    lower,
    lower.map((id) => id.toUpperCase()),
  )
}

const traceState = text.map((serialized) => {
  const state = { get: () => undefined, set: () => state, unset: () => state, serialize: () => serialized }
  return state
})
const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 32 - 1 }))

const spanContext = fc.record({
  traceId: hex(16),
  spanId: hex(8),
  traceFlags: fc.integer({ min: 0, max: 255 }),
  isRemote: fc.constantFrom(undefined, true, false),
  traceState: maybe(traceState),
}) as Arbitrary<SpanContext>

/** As far as fixed64 goes; seconds that are not normalized are what a host may hand in. */
export const time: Arbitrary<HrTime> = fc.tuple(
  fc.oneof(
    fc.integer({ min: 0, max: 2_000_000_000 }),
    fc.integer({ min: 4_611_686_000, max: 4_611_686_040 }),
    fc.integer({ min: 0, max: 18_446_744_070 }),
    fc.constantFrom(0, 1, 2 ** 31, 2 ** 32, 2 ** 33),
  ),
  fc.oneof(fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom(0, 1, 999_999_999, 1_000_000_000, 2_500_000_000)),
)

/** Few as a rule, and sometimes as many as the SDK allows. */
function list<T>(item: Arbitrary<T>): Arbitrary<T[]> {
  const full = item.map((only) => Array.from({ length: 128 }, () => only))
  return fc.oneof({ weight: 80, arbitrary: fc.array(item, { maxLength: 2 }) }, { weight: 1, arbitrary: full })
}

const event = fc.record({
  time,
  name: text,
  attributes: maybe(attributes),
  droppedAttributesCount: maybe(count),
}) as Arbitrary<TimedEvent>

const link = fc.record({
  context: spanContext,
  attributes: maybe(attributes),
  droppedAttributesCount: maybe(count),
}) as Arbitrary<Link>

const code = fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR)
const status = fc.record({ code, message: maybe(text) }) as Arbitrary<SpanStatus>

/** A marker each, so that groups can be told apart in the message, and found whatever their order. */
const resource = fc.tuple(attributes, maybe(text), fc.uuid()).map(([rest, schemaUrl, marker]) => ({
  attributes: { marker, ...rest, marker_: marker },
  schemaUrl,
})) as Arbitrary<unknown> as Arbitrary<Resource>

const scope = fc
  .record({
    version: maybe(text),
    schemaUrl: maybe(text),
    attributes: maybe(attributes),
    droppedAttributesCount: maybe(count),
  })
  .chain((rest) =>
    fc.tuple(text, fc.uuid()).map(([name, marker]) => ({ ...rest, name: name + marker })),
  ) as Arbitrary<unknown> as Arbitrary<InstrumentationScope>

function span(resources: readonly Resource[], scopes: readonly InstrumentationScope[]): Arbitrary<ReadableSpan> {
  return fc
    .record({
      name: text,
      kind: fc.integer({ min: 0, max: 4 }),
      context: spanContext,
      parentSpanContext: maybe(
        fc.oneof(
          spanContext,
          spanContext.map((context) => ({ ...context, spanId: '' })),
        ),
      ),
      startTime: time,
      endTime: time,
      status,
      attributes,
      links: list(link),
      events: list(event),
      resource: fc.constantFrom(...resources),
      instrumentationScope: fc.constantFrom(...scopes),
      droppedAttributesCount: count,
      droppedEventsCount: count,
      droppedLinksCount: count,
    })
    .map(({ context, ...rest }) => ({ ...rest, spanContext: () => context })) as unknown as Arbitrary<ReadableSpan>
}

/** Batches of one process: with the same resources and scopes, but not all of them in each. */
export const batches: Arbitrary<ReadableSpan[][]> = fc
  .tuple(fc.array(resource, { minLength: 1, maxLength: 2 }), fc.array(scope, { minLength: 1, maxLength: 3 }))
  .chain(([resources, scopes]) =>
    fc.array(fc.array(span(resources, scopes), { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 2 }),
  )
