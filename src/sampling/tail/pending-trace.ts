import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { HrTime } from '@opentelemetry/api'
import { compareThresholds, stricterThreshold, parseThreshold } from '../../internal/trace-state/threshold.js'

/** Why a trace is kept or not. `kept`: asked for with keep(span). */
export type TraceClass = 'normal' | 'slow' | 'error' | 'kept'

/** What an error-biased sampler asks of the tail for the traces that it began. */
export interface TailPolicy {
  nowMillis(): number
  /** From this duration of the local root on, the trace is slow. */
  readonly slowMillis: number | undefined
  /** T_rec: below it nothing was recorded. */
  readonly recordThreshold: string
  isError(span: ReadableSpan): boolean
  /**
   * The threshold of the next trace of a class; undefined where the class earns nothing. Counts the trace, so it is asked
   * once for each.
   */
  nextThreshold(traceClass: TraceClass): string | undefined
  /** A trace that the threshold let through. */
  countKept(traceClass: TraceClass): void
}

/** The spans of one trace in this process, from the start of the local root until it is decided whether they are kept. */
export interface PendingTrace {
  readonly traceId: string
  /** R, fourteen hex digits. */
  readonly randomness: string
  readonly policy: TailPolicy
  readonly slowMillis: number | undefined
  /** T_base: the threshold that let the trace through at its head; undefined where the head said no. */
  readonly baseThreshold: string | undefined
  /** T_rec: below it nothing of this kind was recorded, or it was evicted. Rises with each eviction. */
  recordThreshold: string
  readonly startedAt: number
  /** Ended spans that wait for the decision. */
  readonly ended: ReadableSpan[]
  openSpans: number
  openRoots: number
  /** When the last open local root ended. */
  rootEndedAt: number
  /** The longest local root so far. */
  rootMillis: number
}

/** What became of a trace; spans that end later follow it. */
export interface Decision {
  readonly trace: PendingTrace
  traceClass: TraceClass
  /** T_f: undefined where nothing of this class is kept. */
  threshold: string | undefined
  isKept: boolean
  /** Some spans were dropped already; what is kept of the trace from then on is a part of it. */
  hasLostSpans: boolean
  readonly isEvicted: boolean
}

/**
 * T_f = min(T_base, max(T_rec, T_class)). It depends on the class alone and not on R, and stands on head-sampled spans
 * too: a trace that errs then counts 1 / P(R ≥ T_f), whether its head was sampled or not.
 */
export function finalThreshold(trace: PendingTrace, classThreshold: string | undefined): string | undefined {
  const { baseThreshold, recordThreshold } = trace
  if (classThreshold === undefined) return baseThreshold
  const earned = stricterThreshold(recordThreshold, classThreshold)
  if (baseThreshold === undefined || compareThresholds(earned, baseThreshold) < 0) return earned
  return baseThreshold
}

export function isAtOrAbove(randomness: string, threshold: string | undefined): boolean {
  return threshold !== undefined && compareThresholds(randomness, threshold) >= 0
}

/** The class by time alone; a root that is still open has taken this long already. */
export function classByDuration(
  { slowMillis, rootMillis, openRoots, startedAt }: PendingTrace,
  now: number,
): TraceClass {
  if (slowMillis === undefined) return 'normal'
  const longest = openRoots > 0 ? Math.max(rootMillis, now - startedAt) : rootMillis
  return longest >= slowMillis ? 'slow' : 'normal'
}

export function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true
}

export function millisOf([seconds, nanos]: HrTime): number {
  return seconds * 1_000 + nanos / 1e6
}

/** The undecided traces by trace id, and how many of their spans wait. */
export class PendingTraces {
  readonly #traces = new Map<string, PendingTrace>()
  readonly #mostSpans: number
  #spans = 0

  /** @param mostSpans how many ended spans may wait; an open trace without any weighs nothing, so as many of those. */
  constructor(mostSpans: number) {
    this.#mostSpans = mostSpans
  }

  get size(): number {
    return this.#traces.size
  }

  get isOverfull(): boolean {
    return this.#spans > this.#mostSpans || this.#traces.size > this.#mostSpans
  }

  get(traceId: string): PendingTrace | undefined {
    return this.#traces.get(traceId)
  }

  add(trace: PendingTrace): void {
    this.#traces.set(trace.traceId, trace)
  }

  hold(trace: PendingTrace, span: PendingTrace['ended'][number]): void {
    trace.ended.push(span)
    this.#spans += 1
  }

  remove(trace: PendingTrace): void {
    if (this.#traces.delete(trace.traceId)) this.#spans -= trace.ended.length
  }

  /** A copy, since deciding takes traces out. */
  all(): PendingTrace[] {
    return [...this.#traces.values()]
  }

  /**
   * Takes out the eighth with the lowest R, and raises T_rec of all that stay to the highest R that went: each of them
   * then stands for those of its like that were evicted, so that counts stay unbiased. An eighth at a time, since to look
   * for the lowest takes as long for one as for many.
   */
  evict(): PendingTrace[] {
    const ranks = Float64Array.from(this.#traces.values(), rankOf).sort()
    const highestRank = ranks[Math.max(1, ranks.length >> 3) - 1] ?? 0
    const evicted = this.all().filter((trace) => rankOf(trace) <= highestRank)
    for (const trace of evicted) this.remove(trace)
    const highest = evicted.reduce((high, { randomness }) => (randomness > high ? randomness : high), '')
    const threshold = parseThreshold(highest) ?? '0'
    for (const trace of this.#traces.values()) {
      if (trace.recordThreshold < threshold) trace.recordThreshold = threshold
    }
    return evicted
  }
}

/** R as a number, as far as a double is exact: to sort numbers is many times quicker than texts. */
function rankOf({ randomness }: PendingTrace): number {
  return parseInt(randomness.slice(0, 13), 16)
}
