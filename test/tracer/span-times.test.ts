import { ROOT_CONTEXT, trace, type HrTime, type Span, type SpanOptions, type TimeInput } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { SpanTimeSource } from '../../src/internal/runtime/clock.js'
import { TraceClock } from '../../src/tracer/trace-clock.js'
import { TracerProvider } from '../../src/tracer/tracer-provider.js'
import { EndedSpans } from './ended-spans.js'

const EPOCH = 1_760_000_000_250
const EPOCH_SECONDS = 1_760_000_000
const QUARTER = 250_000_000

/** A wall clock that can be set, and a monotonic one that only goes on. */
class TwoClocks implements SpanTimeSource {
  monotonic = 5_000
  wall = EPOCH

  nowMillis(): number {
    return this.monotonic
  }

  nowEpochMillis(): number {
    return this.wall
  }

  pass(millis: number): void {
    this.monotonic += millis
    this.wall += millis
  }
}

let time: TwoClocks
let spans: EndedSpans
let provider: TracerProvider

beforeEach(() => {
  time = new TwoClocks()
  vi.spyOn(performance, 'now').mockImplementation(() => time.nowMillis())
  vi.spyOn(Date, 'now').mockImplementation(() => time.nowEpochMillis())
  spans = new EndedSpans()
  provider = new TracerProvider({ spanProcessors: [spans] })
  return () => vi.restoreAllMocks()
})

function start(name: string, parent?: Span, options?: SpanOptions): Span & ReadableSpan {
  const parentContext = parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT
  return provider.getTracer('times').startSpan(name, options, parentContext) as Span & ReadableSpan
}

const isRising = (times: bigint[]): boolean => times.every((at, n) => n === 0 || at > (times[n - 1] ?? at))

/** Of the only event. */
function timeOfEvent({ events: [event] }: ReadableSpan): HrTime {
  if (!event) throw new Error('there is no event')
  return event.time
}

const toNanos = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos)

describe('the spans of a trace', () => {
  test('begin at the time of the wall clock', () => {
    expect(start('root').startTime).toEqual([EPOCH_SECONDS, QUARTER])
  })

  test('end later by what the monotonic clock has counted, though the wall clock was set back', () => {
    const root = start('root')
    time.pass(1_500.125)
    time.wall -= 3_600_000
    root.end()
    expect(root.endTime).toEqual([EPOCH_SECONDS + 1, QUARTER + 500_125_000])
    expect(root.duration).toEqual([1, 500_125_000])
  })

  test('never begin before their parent, though the wall clock was set back', () => {
    const root = start('root')
    time.pass(1)
    time.wall -= 3_600_000
    const child = start('child', root)
    const grandchild = start('grandchild', child)
    expect(toNanos(child.startTime) - toNanos(root.startTime)).toBe(1_000_000n)
    expect(grandchild.startTime).toEqual(child.startTime)
  })

  test('never begin after their parent ended, though the wall clock was set forward', () => {
    const root = start('root')
    time.wall += 3_600_000
    const child = start('child', root)
    time.pass(2)
    child.end()
    root.end()
    expect(child.endTime).toEqual(root.endTime)
    expect(root.duration).toEqual([0, 2_000_000])
  })

  test('stand in their order within a millisecond', () => {
    const root = start('root')
    const starts = Array.from({ length: 5 }, (_, n) => {
      time.monotonic += 0.001
      const sibling = start(`sibling ${n}`, root)
      sibling.end()
      return toNanos(sibling.startTime)
    })
    expect(isRising(starts)).toBe(true)
    expect(Number((starts.at(-1) ?? 0n) - (starts[0] ?? 0n))).toBeCloseTo(4_000, -1)
  })

  test('and their events are told by the same clock', () => {
    const root = start('root')
    time.pass(10)
    const child = start('child', root)
    time.wall = 0
    time.pass(5)
    child.addEvent('event').recordException('an error')
    child.end()
    const at = [EPOCH_SECONDS, QUARTER + 15_000_000]
    expect([...child.events.map((event) => event.time), child.endTime]).toEqual([at, at, at])
  })

  test('look at the wall clock anew a minute after the root began: it may have been set for good', () => {
    const root = start('root')
    time.pass(59_999)
    time.wall = EPOCH + 1_000_000
    const before = start('before', root)
    time.monotonic += 1
    const after = start('after', root)
    const below = start('below', after)
    time.monotonic += 59_999
    expect(before.startTime).toEqual([EPOCH_SECONDS + 60, QUARTER - 1_000_000])
    expect(after.startTime).toEqual([EPOCH_SECONDS + 1_000, QUARTER])
    expect(below.startTime).toEqual(after.startTime)
    // The root's own clock goes on for the root.
    root.end()
    expect(root.duration).toEqual([119, 999_000_000])
    expect(start('beneath', below).startTime).toEqual([EPOCH_SECONDS + 1_060, QUARTER - 1_000_000])
  })

  test('do not share a clock with another trace', () => {
    start('first')
    time.wall += 7_000
    expect(start('second').startTime).toEqual([EPOCH_SECONDS + 7, QUARTER])
  })

  test('that are roots by option look at the wall clock, whoever is active', () => {
    const active = start('active')
    time.wall += 7_000
    expect(start('root', active, { root: true }).startTime).toEqual([EPOCH_SECONDS + 7, QUARTER])
  })

  test('look at the wall clock below a remote parent', () => {
    const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true }
    expect(start('server', trace.wrapSpanContext(remote)).startTime).toEqual([EPOCH_SECONDS, QUARTER])
  })
})

/** As each kind of time is read wherever one can be given. */
describe.each<[string, (span: Span & ReadableSpan, given: TimeInput) => HrTime]>([
  ['the start', (span, startTime) => start('given', span, { startTime }).startTime],
  ['an event', (span, given) => (span.addEvent('event', {}, given), timeOfEvent(span))],
  ['an event without attributes', (span, given) => (span.addEvent('event', given), timeOfEvent(span))],
  ['an exception', (span, given) => (span.recordException('error', given), timeOfEvent(span))],
  ['the end', (span, given) => (span.end(given), span.endTime)],
])('the time of %s', (_of, timeOf) => {
  /** Long ago, so that every end is after it. */
  const started = (): Span & ReadableSpan => start('span', undefined, { startTime: [1, 0] })

  test('may be an HrTime, which is copied', () => {
    const given: HrTime = [1_500_000_000, 123_456_789]
    const told = timeOf(started(), given)
    given[0] = 0
    expect(told).toEqual([1_500_000_000, 123_456_789])
  })

  test('may be a date', () => {
    expect(timeOf(started(), new Date(1_500_000_000_123))).toEqual([1_500_000_000, 123_000_000])
  })

  test('may be milliseconds since 1970, with a fraction', () => {
    expect(timeOf(started(), 1_500_000_000_123.5)).toEqual([1_500_000_000, 123_500_000])
  })

  test('may be what performance.now() has said', () => {
    const span = started()
    const then = performance.now()
    time.pass(1_000)
    expect(timeOf(span, then)).toEqual([EPOCH_SECONDS, QUARTER])
    expect(timeOf(started(), performance.now())).toEqual([EPOCH_SECONDS + 1, QUARTER])
  })

  test('is a date also where it is as small as a performance.now()', () => {
    expect(timeOf(started(), new Date(1_500))).toEqual([1, 500_000_000])
  })

  test.each<[string, unknown]>([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['an invalid date', new Date(NaN)],
    ['an HrTime with NaN', [NaN, 0]],
    ['an HrTime without end', [1, Infinity]],
    ['null', null],
    ['a text', '2026-01-01'],
    ['an HrTime of texts', ['1', '2']],
    ['a longer array', [1, 2, 3]],
    ['a big integer', 1_500_000_000_123n],
  ])('is now, where %s was given', (_name, given) => {
    const span = started()
    time.pass(3)
    expect(timeOf(span, given as TimeInput)).toEqual([EPOCH_SECONDS, QUARTER + 3_000_000])
  })
})

describe('the duration', () => {
  test('is not there before the end, and neither is the time of the end', () => {
    const span = start('open')
    expect([span.duration, span.endTime, span.ended]).toEqual([[-1, -1], [0, 0], false])
  })

  test('is 0 for a span that ended before it started; both times are those of the start', () => {
    const span = start('early', undefined, { startTime: [1_500_000_000, 5] })
    span.end([1_500_000_000, 4])
    expect([span.startTime, span.endTime, span.duration]).toEqual([
      [1_500_000_000, 5],
      [1_500_000_000, 5],
      [0, 0],
    ])
    expect(span.endTime).not.toBe(span.startTime)
  })

  test('is there for a span that ended at 0', () => {
    const span = start('at 0', undefined, { startTime: [0, 0] })
    span.end([0, 0])
    expect([span.duration, span.ended]).toEqual([[0, 0], true])
  })

  test('does not change with a second end', () => {
    const span = start('once')
    time.pass(4)
    span.end()
    time.pass(4)
    span.end()
    expect(span.duration).toEqual([0, 4_000_000])
    expect(spans.names).toEqual(['once'])
  })
})

describe('a clock of a trace', () => {
  test('keeps nanoseconds, for which the milliseconds since 1970 have no room', () => {
    const clock = new TraceClock(time, time.monotonic)
    expect(clock.at(time.monotonic + 0.000_5)).toEqual([EPOCH_SECONDS, QUARTER + 500])
  })

  test('carries over to the next second, and to the one before', () => {
    const clock = new TraceClock(time, time.monotonic)
    expect(clock.at(time.monotonic + 749.5)).toEqual([EPOCH_SECONDS, 999_500_000])
    expect(clock.at(time.monotonic + 750)).toEqual([EPOCH_SECONDS + 1, 0])
    expect(clock.at(time.monotonic - 251)).toEqual([EPOCH_SECONDS - 1, 999_000_000])
  })

  test('never tells nanoseconds that are a second or more, or less than none', () => {
    const clock = new TraceClock(time, time.monotonic)
    const nanos = Array.from({ length: 20_000 }, (_, n) => clock.at(time.monotonic + n * 0.499_999_99)[1])
    expect(nanos.every((part) => part >= 0 && part < 1e9 && Number.isInteger(part))).toBe(true)
  })

  test('never goes back as its monotonic clock goes on', () => {
    const clock = new TraceClock(time, time.monotonic)
    const told = Array.from({ length: 20_000 }, (_, n) => toNanos(clock.at(time.monotonic + n * 0.1)))
    expect(isRising(told)).toBe(true)
  })

  test('is the same for children within a minute, and another from then on', () => {
    const clock = new TraceClock(time, time.monotonic)
    expect(clock.forChild(time.monotonic + 59_999.9)).toBe(clock)
    expect(clock.forChild(time.monotonic + 60_000)).not.toBe(clock)
  })
})
