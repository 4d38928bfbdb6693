import { ROOT_CONTEXT, SpanKind, trace, type Attributes, type SpanContext, type TraceState } from '@opentelemetry/api'
import { TraceState as CoreTraceState } from '@opentelemetry/core'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { adjustedCountOf, thresholdIn } from '../../src/internal/trace-state/threshold.js'

/** Uniform numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function hex28(random: () => number): string {
  return Math.floor(random() * 2 ** 28)
    .toString(16)
    .padStart(7, '0')
}

/** A trace id whose last 56 bits are random. */
export function randomTraceId(random: () => number): string {
  return `0af7651916cd43dd84${hex28(random)}${hex28(random)}`
}

export class VirtualClock {
  #millis = 0

  nowMillis(): number {
    return this.#millis
  }

  moveTo(seconds: number): void {
    this.#millis = seconds * 1_000
  }
}

export function ask(sampler: Sampler, traceId: string, name = 'GET /', attributes: Attributes = {}): SamplingResult {
  return sampler.shouldSample(ROOT_CONTEXT, traceId, name, SpanKind.SERVER, attributes, [])
}

export function isSampled(result: SamplingResult): boolean {
  return result.decision === SamplingDecision.RECORD_AND_SAMPLED
}

/** What the span counts for, as a backend reads it. */
export function weightOf(result: SamplingResult): number {
  if (!isSampled(result)) return 0
  const threshold = thresholdIn(result.traceState)
  return threshold === undefined ? 1 : adjustedCountOf(threshold)
}

export interface ParentShape {
  readonly traceId?: string
  readonly sampled: boolean
  readonly remote?: boolean
  readonly tracestate?: string
}

export const TRACE_ID = 'abababababababababd29d6a7215ced0'

/** Asks about a child, and applies the result as the SDK does. */
export function askChild(sampler: Sampler, parent: ParentShape): { sampled: boolean; tracestate: string | undefined } {
  const { traceId = TRACE_ID, sampled, remote = true, tracestate } = parent
  const traceState: TraceState | undefined = tracestate === undefined ? undefined : new CoreTraceState(tracestate)
  const spanContext: SpanContext = {
    traceId,
    spanId: '00f067aa0ba902b7',
    traceFlags: sampled ? 1 : 0,
    isRemote: remote,
    ...(traceState && { traceState }),
  }
  const context = trace.setSpanContext(ROOT_CONTEXT, spanContext)
  const result = sampler.shouldSample(context, traceId, 'child', SpanKind.INTERNAL, {}, [])
  return { sampled: isSampled(result), tracestate: (result.traceState ?? traceState)?.serialize() }
}

export interface Run {
  /** Seconds at which a trace was kept. */
  readonly kept: number[]
  readonly arrivals: number
  readonly estimate: number
}

export interface Load {
  readonly seconds: number
  /** Traces a second at a time; Poisson arrivals. */
  readonly rate: (second: number) => number
  readonly peak: number
  readonly seed: number
  readonly name?: (random: () => number) => string
}

/** Sends traces through a sampler in virtual time. */
export function simulate(makeSampler: (clock: VirtualClock) => Sampler, load: Load): Run {
  const clock = new VirtualClock()
  const sampler = makeSampler(clock)
  const random = seeded(load.seed)
  const kept: number[] = []
  let arrivals = 0
  let estimate = 0
  let second = 0
  for (;;) {
    second -= Math.log(1 - random()) / load.peak
    if (second > load.seconds) return { kept, arrivals, estimate }
    if (random() * load.peak > load.rate(second)) continue
    arrivals += 1
    clock.moveTo(second)
    const result = ask(sampler, randomTraceId(random), load.name?.(random))
    const weight = weightOf(result)
    estimate += weight
    if (weight > 0) kept.push(second)
  }
}

export function countBetween(seconds: readonly number[], from: number, to: number): number {
  return seconds.filter((second) => second >= from && second < to).length
}

/** The most that any window of this length holds. */
export function worstWindow(seconds: readonly number[], length: number): number {
  let first = 0
  let worst = 0
  seconds.forEach((second, index) => {
    while (second - (seconds[first] ?? second) > length) first += 1
    worst = Math.max(worst, index - first + 1)
  })
  return worst
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 7_919 * (index + 1))
}

/** Figures of the acceptance table, for whoever reads the output. */
export function report(row: string, figures: string): void {
  process.stdout.write(`  ${row}: ${figures}\n`)
}
