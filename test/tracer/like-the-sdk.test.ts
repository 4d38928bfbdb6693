import {
  ROOT_CONTEXT,
  SpanStatusCode,
  type Attributes,
  type Exception,
  type HrTime,
  type Span,
} from '@opentelemetry/api'
import {
  TracerProvider as SdkTracerProvider,
  type ReadableSpan,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fuzzRuns } from '../helpers/fuzz-runs.js'
import { TracerProvider } from '../../src/tracer/tracer-provider.js'
import { built, spoil } from './built.js'
import { EndedSpans } from './ended-spans.js'
import { program, type Call, type Program } from './programs.js'
import { TracingWorld, type Seen } from './tracing-world.js'

const RUNS = fuzzRuns(0.01)
vi.setConfig({ testTimeout: 30_000 + RUNS * 10 })

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-01T12:00:00.000Z'), toFake: ['Date', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const HOUR_SECONDS = 3_600
const MILLI = 1e6

function nanosBetween([seconds, nanos]: HrTime, [otherSeconds, otherNanos]: HrTime): number {
  return (seconds - otherSeconds) * 1e9 + (nanos - otherNanos)
}

/** A time that somebody gave is the same; one that a clock told may be off by what a clock of whole milliseconds leaves out. */
function expectSameTime(ours: HrTime, theirs: HrTime | undefined): void {
  if (!theirs) throw new Error('the SDK has no such time')
  const isGiven = Math.abs(theirs[0] - Date.now() / 1_000) > HOUR_SECONDS
  const off = Math.abs(nanosBetween(ours, theirs))
  if (!(off <= (isGiven ? 1 : MILLI))) expect(ours).toEqual(theirs)
}

function expectSame(ours: object, theirs: object): void {
  if (!isSeen(ours) || !isSeen(theirs)) {
    expect(ours).toStrictEqual(theirs)
    return
  }
  expect(ours.facts).toStrictEqual(theirs.facts)
  expect(ours.times).toHaveLength(theirs.times.length)
  for (const [index, time] of ours.times.entries()) expectSameTime(time, theirs.times[index])
  expect(Math.abs(nanosBetween(ours.duration, theirs.duration))).toBeLessThanOrEqual(2 * MILLI)
}

function isSeen(entry: object): entry is Seen {
  return 'times' in entry
}

/** Both worlds go through the program together, so that the time is the same for both. */
function runBoth(given: Program): void {
  const ours = new TracingWorld(given, (options) => new TracerProvider(options))
  const theirs = new TracingWorld(given, (options) => new SdkTracerProvider(options))
  for (const step of given.steps) {
    if (step.do === 'wait') vi.advanceTimersByTime(step.millis)
    else if (step.do === 'start') {
      const options = built(step.options)
      for (const world of [ours, theirs]) world.start(step.name, step.parent, options)
      spoil(options)
    } else {
      const call = built(step.call) as Call
      for (const world of [ours, theirs]) world.call(step.span, call)
      spoil(call)
    }
  }
  expect(ours.log).toHaveLength(theirs.log.length)
  for (const [index, entry] of ours.log.entries()) expectSame(entry, theirs.log[index] as object)
  for (const [index, span] of ours.spans.entries()) expectSame(span, theirs.spans[index] as object)
}

describe('a span is what the SDK would have made of it', () => {
  test('whatever is done with it', () => {
    fc.assert(fc.property(program, runBoth), { numRuns: RUNS })
  })

  test('OK is the last word on its status, and UNSET is none', () => {
    const { OK, ERROR, UNSET } = SpanStatusCode
    const { ours, theirs } = bothRan((span) =>
      span
        .setStatus({ code: ERROR, message: 'failed' })
        .setStatus({ code: UNSET })
        .setStatus({ code: OK, message: 'no' })
        .setStatus({ code: ERROR, message: 'again' }),
    )
    expect(ours.span?.status).toStrictEqual({ code: OK })
    expect(ours.span?.status).toStrictEqual(theirs.span?.status)
  })

  test('an attribute called __proto__ takes no place, and gives its attributes nothing to inherit', () => {
    const attributes = JSON.parse('{ "__proto__": { "one": 1, "two": 2 } }') as Attributes
    const spans = new EndedSpans()
    const provider = new TracerProvider({ spanProcessors: [spans], spanLimits: { attributeCountLimit: 2 } })
    provider.getTracer('explicit').startSpan('work', { attributes }, ROOT_CONTEXT).setAttribute('three', 3).end()
    expect(spans.only).toMatchObject({ attributes: { three: 3 }, droppedAttributesCount: 0 })
    expect('one' in spans.only.attributes).toBe(false)
  })

  test('an attribute called __proto__ that is set later, or belongs to an event or a link, is none either', () => {
    const attributes = JSON.parse('{ "__proto__": { "one": 1 }, "__proto": ["two"] }') as Attributes
    const spans = new EndedSpans()
    const provider = new TracerProvider({ spanProcessors: [spans], spanLimits: { attributeCountLimit: 1 } })
    const span = provider.getTracer('explicit').startSpan('work', {}, ROOT_CONTEXT)
    span.setAttribute('__proto__', { one: 1 }).setAttribute('__proto__', 'text').setAttributes(attributes)
    span.addEvent('event', attributes).addLink({ context: span.spanContext(), attributes }).end()
    const { events, links } = spans.only
    expect(spans.only).toMatchObject({ attributes: { __proto: ['two'] }, droppedAttributesCount: 0 })
    for (const { attributes = {} } of [spans.only, ...events, ...links]) expect('one' in attributes).toBe(false)
  })

  test('a status that is none does not disturb the app once the span has ended', () => {
    const { ours, theirs } = bothRan((span) => {
      span.end()
      span.setStatus(undefined as never)
    })
    expect(theirs.error).toBeUndefined()
    expect(ours.error).toBeUndefined()
  })
})

interface Ran {
  readonly error: unknown
  readonly span: ReadableSpan | undefined
}

type Work = (span: Span) => void

function ran(provider: SdkTracerProvider | TracerProvider, spans: EndedSpans, work: Work): Ran {
  let error: unknown
  const span = provider.getTracer('explicit').startSpan('work', {}, ROOT_CONTEXT)
  try {
    work(span)
  } catch (thrown) {
    error = thrown
  }
  span.end()
  return { error, span: spans.ended[0] }
}

/** What became of it here, and with the SDK. */
function bothRan(work: Work): { readonly ours: Ran; readonly theirs: Ran } {
  const run = (make: (options: TracerProviderOptions) => SdkTracerProvider | TracerProvider): Ran => {
    const spans = new EndedSpans()
    return ran(make({ spanProcessors: [spans] }), spans, work)
  }
  return {
    ours: run((options) => new TracerProvider(options)),
    theirs: run((options) => new SdkTracerProvider(options)),
  }
}

const unreadable: Attributes = Object.defineProperty({ fine: 1 }, 'broken', {
  enumerable: true,
  get: () => {
    throw new Error('a getter of the app')
  },
})

describe('on purpose it differs from the SDK:', () => {
  test.each<[string, Work]>([
    ['setAttributes', (span) => span.setAttributes(unreadable)],
    ['setAttribute', (span) => span.setAttribute('nested', [unreadable])],
    ['addEvent', (span) => span.addEvent('event', unreadable)],
    ['addLink', (span) => span.addLink({ context: span.spanContext(), attributes: unreadable })],
  ])('attributes that throw as %s reads them are left out, and the app does not notice', (_method, work) => {
    const { ours, theirs } = bothRan(work)
    expect(theirs.error).toEqual(new Error('a getter of the app'))
    expect(ours.error).toBeUndefined()
    expect(JSON.stringify([ours.span?.attributes, ours.span?.events, ours.span?.links])).not.toContain('broken')
  })

  test('attributes that throw as startSpan reads them are left out, and counted as dropped', () => {
    const spans = new EndedSpans()
    const provider = new TracerProvider({ spanProcessors: [spans] })
    provider.getTracer('explicit').startSpan('work', { attributes: unreadable }, ROOT_CONTEXT).end()
    expect(spans.only).toMatchObject({ name: 'work', attributes: {}, droppedAttributesCount: 1 })
  })

  test('an attribute whose key is none is left out', () => {
    const { ours, theirs } = bothRan((span) => span.setAttribute(null as unknown as string, 'value'))
    expect(theirs.error).toBeInstanceOf(TypeError)
    expect(ours).toMatchObject({ error: undefined, span: { attributes: {}, droppedAttributesCount: 0 } })
  })

  test('an exception that can not be put into words is left out', () => {
    const { ours, theirs } = bothRan((span) => span.recordException(Symbol('thrown') as unknown as Exception))
    expect(theirs.error).toBeInstanceOf(TypeError)
    expect(ours).toMatchObject({ error: undefined, span: { events: [] } })
  })

  test.each<[string, unknown]>([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['an invalid date', new Date(NaN)],
    ['an HrTime without a number', [NaN, 0]],
  ])('%s is no time, and stands for now', (_name, time) => {
    const { ours, theirs } = bothRan((span) => span.addEvent('event', time as HrTime).end(time as HrTime))
    expect(theirs.span?.endTime.every((part) => isFinite(part))).toBe(false)
    expect(ours.span?.endTime).toEqual([Date.now() / 1_000, 0])
    expect(ours.span?.events[0]?.time).toEqual([Date.now() / 1_000, 0])
  })

  test('an HrTime is copied, so that its owner can go on with it', () => {
    const time: HrTime = [2_000_000_000, 1]
    const { ours, theirs } = bothRan((span) => span.end(time))
    time[1] = 2
    expect(theirs.span?.endTime).toEqual([2_000_000_000, 2])
    expect(ours.span?.endTime).toEqual([2_000_000_000, 1])
  })

  test('nanoseconds lie between 0 and a second, also before 1970 and just before the next second', () => {
    const { ours, theirs } = bothRan((span) =>
      span.addEvent('before', new Date(-1_500)).addEvent('just before', 1_234_999.999_999_9),
    )
    expect(theirs.span?.events.map(({ time }) => time)).toEqual([
      [-1, -500_000_000],
      [1_234, 1e9],
    ])
    expect(ours.span?.events.map(({ time }) => time)).toEqual([
      [-2, 500_000_000],
      [1_234, 999_999_999],
    ])
  })
})
