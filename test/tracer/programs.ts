import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type SpanContext,
  type TraceState,
} from '@opentelemetry/api'
import { TraceState as CoreTraceState } from '@opentelemetry/core'
import { SamplingDecision, type SpanLimits } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { ago, LOOP } from './built.js'

/** A method of a span, and what it is called with. */
export type Call = readonly [method: string, ...given: unknown[]]

export type Step =
  | { readonly do: 'start'; readonly name: string; readonly parent: Parent; readonly options: unknown }
  | { readonly do: 'call'; readonly span: number; readonly call: Call }
  | { readonly do: 'wait'; readonly millis: number }

/** A number stands for one of the spans that were started before. */
export type Parent = number | SpanContext | undefined

/** What a sampler answers. */
export interface Verdict {
  readonly decision: SamplingDecision
  readonly attributes?: Attributes | undefined
  readonly traceState?: TraceState | undefined
}

export interface Program {
  readonly limits: SpanLimits
  /** In turn. */
  readonly verdicts: readonly Verdict[]
  /** What a processor does to every span that it is shown. */
  readonly onStart: Call | undefined
  readonly onEnding: Call | undefined
  readonly onEnd: Call | undefined
  readonly steps: readonly Step[]
}

const REMOTE: SpanContext = {
  traceId: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  spanId: 'bbbbbbbbbbbbbbbb',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  traceState: new CoreTraceState('vendor=remote'),
}
const CONTEXTS: readonly SpanContext[] = [
  REMOTE,
  { ...REMOTE, traceFlags: TraceFlags.NONE },
  { traceId: 'cccccccccccccccccccccccccccccccc', spanId: 'dddddddddddddddd', traceFlags: TraceFlags.SAMPLED },
  { ...REMOTE, traceId: '0'.repeat(32) },
  { ...REMOTE, spanId: '0'.repeat(16) },
  { ...REMOTE, traceId: 'not an id' },
  { ...REMOTE, spanId: 'BBBBBBBBBBBBBBBB' },
]

class NotPlain {
  readonly field = 1
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })

const text = fc.string({ maxLength: 8 })
const primitive = fc.oneof(text, fc.integer(), fc.double(), fc.boolean())
const bytes = fc.uint8Array({ maxLength: 8 })
const withHoles = (element: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
  fc.array(fc.oneof({ weight: 6, arbitrary: element }, fc.constantFrom(null, undefined)), { maxLength: 4 })
const noValue: fc.Arbitrary<unknown> = fc.constantFrom(
  5n,
  Symbol('none'),
  () => 'called',
  new Date(0),
  /none/,
  new Map([['a', 1]]),
  new NotPlain(),
  LOOP,
  undefined,
)
// Not __proto__: the SDK's attributes inherit from its value, and lose those that a byte array would take.
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '', '0', '10', 'toString', 'hasOwnProperty')
const ownKey = fc.constantFrom('a', 'b', 'c', '', '0', 'toString')

function object(keys: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>): fc.Arbitrary<Attributes> {
  return fc.array(fc.tuple(keys, value), { maxLength: 6 }).map((entries) => {
    const made = {}
    for (const [name, held] of entries) {
      Object.defineProperty(made, name, { value: held, enumerable: true, configurable: true, writable: true })
    }
    return made
  })
}

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { weight: 6, arbitrary: primitive },
    withHoles(text),
    withHoles(fc.integer()),
    withHoles(fc.boolean()),
    withHoles(primitive),
    bytes,
    fc.constantFrom(null, Object.create(null) as object, Buffer.from('a buffer')),
    noValue,
    fc.array(tie('value'), { maxLength: 3 }),
    object(ownKey, tie('value')),
  ),
}))

const plainAttributes = object(key, fc.oneof({ weight: 3, arbitrary: primitive }, value))
const attributes: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: plainAttributes },
  fc.constantFrom(null, undefined, 'text', 7, ['in', 'an array'], Object.create(null), Object.create({ inherited: 1 })),
)

/** More than a day from now, so that it can't be mistaken for it. */
const epochMillis = fc.oneof(
  fc.integer({ min: 200_000_000, max: 1_700_000_000_000 }),
  fc.integer({ min: 1_800_000_000_000, max: 4_000_000_000_000 }),
  fc.double({ min: 1_000_000_000_000, max: 1_700_000_000_000, noNaN: true }),
)
const hrTime = fc.tuple(fc.integer({ min: 100_000, max: 1_700_000_000 }), fc.integer({ min: 0, max: 999_999_999 }))
const validTime: fc.Arbitrary<unknown> = fc.oneof(
  fc.nat(1_000).map(ago),
  fc.double({ min: 0, max: 50, noNaN: true }).map(ago),
  epochMillis,
  epochMillis.map((millis) => new Date(millis)),
  fc.integer({ min: -5_000_000_000, max: 1_700_000_000_000 }).map((millis) => new Date(millis)),
  hrTime,
)
const time: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: validTime },
  fc.constantFrom(undefined, null, 'soon', {}, [1], [1, 2, 3], ['1', '2'], true),
)

const link = fc.record({ context: fc.constantFrom(...CONTEXTS), attributes: maybe(attributes) })

const exception: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(null, undefined, 0, 5, true, new Error('broken'), new TypeError(''), new NotPlain()),
  fc.record(
    {
      code: fc.constantFrom('E_CODE', 404, 0, '', null),
      name: fc.constantFrom('Named', '', 7),
      message: fc.constantFrom('a message', '', 8, {}),
      stack: fc.constantFrom('at line 1', '', ['at', 'line']),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
)

const chained: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('setAttribute'), fc.oneof(key, fc.constant(5)), value) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('setAttribute'), key, primitive) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('setAttributes'), attributes) },
  fc.tuple(fc.constant('addEvent'), text),
  fc.tuple(fc.constant('addEvent'), text, attributes),
  fc.tuple(fc.constant('addEvent'), text, time),
  fc.tuple(fc.constant('addEvent'), text, fc.oneof(attributes, time), time),
  fc.tuple(fc.constant('addLink'), link),
  fc.tuple(fc.constant('addLinks'), fc.array(link, { maxLength: 3 })),
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('setStatus'),
      fc.record({
        code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR, SpanStatusCode.ERROR, 7),
        message: fc.oneof(text, fc.constantFrom(undefined, null, 5, {})),
      }),
    ),
  },
  fc.tuple(fc.constant('updateName'), text),
  fc.tuple(fc.constant('recordException'), exception),
  fc.tuple(fc.constant('recordException'), exception, time),
)

const ending: fc.Arbitrary<Call> = fc.oneof(fc.constant(['end'] as const), fc.tuple(fc.constant('end'), time))
const call = fc.oneof({ weight: 9, arbitrary: chained }, { weight: 1, arbitrary: ending })

const options = fc.oneof(
  fc.constant(undefined),
  fc.record(
    {
      kind: fc.constantFrom(undefined, null, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
      attributes,
      links: fc.oneof(fc.constantFrom(undefined, null), fc.array(link, { maxLength: 4 })),
      startTime: time,
      root: fc.constantFrom(true, false, undefined),
    },
    { requiredKeys: [] },
  ),
)

const parent: fc.Arbitrary<Parent> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(10) },
  { weight: 2, arbitrary: fc.constantFrom(...CONTEXTS) },
  fc.constant(undefined),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), name: text, parent, options }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('call' as const), span: fc.nat(10), call }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), millis: fc.constantFrom(0.25, 0.5, 1, 7, 1_500, 61_000) }),
  },
)

const verdict: fc.Arbitrary<Verdict> = fc.record(
  {
    decision: fc.constantFrom(
      SamplingDecision.RECORD_AND_SAMPLED,
      SamplingDecision.RECORD_AND_SAMPLED,
      SamplingDecision.RECORD,
      SamplingDecision.NOT_RECORD,
    ),
    attributes: maybe(plainAttributes),
    traceState: fc.constantFrom(undefined, new CoreTraceState('vendor=sampler'), new CoreTraceState('')),
  },
  { requiredKeys: ['decision'] },
)

const count = maybe(fc.constantFrom(0, 1, 2, 3, 128))
const limits = fc.record({
  attributeCountLimit: count,
  attributeValueLengthLimit: maybe(fc.constantFrom(0, 1, 4, Infinity)),
  eventCountLimit: count,
  linkCountLimit: count,
  attributePerEventCountLimit: count,
  attributePerLinkCountLimit: count,
}) as fc.Arbitrary<SpanLimits>

/** Begins with a span, or nothing would happen. */
export const program: fc.Arbitrary<Program> = fc.record({
  limits,
  verdicts: fc.array(verdict, { minLength: 1, maxLength: 4 }),
  onStart: maybe(call),
  onEnding: maybe(chained),
  onEnd: maybe(call),
  steps: fc
    .tuple(
      fc.record({ do: fc.constant('start' as const), name: text, parent, options }),
      fc.array(step, { maxLength: 25 }),
    )
    .map(([first, others]) => [first, ...others]),
})
