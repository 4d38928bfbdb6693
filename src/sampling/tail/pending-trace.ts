import type { HrTime } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { compareThresholds, stricterThreshold } from '../../internal/trace-state/threshold.js'
import type { TailPolicy, TraceClass } from './policy.js'

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

/** What became of a fragment; spans that end later follow it. */
export interface Decision {
  readonly fragment: PendingTrace
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
export function finalThreshold(fragment: PendingTrace, classThreshold: string | undefined): string | undefined {
  const { baseThreshold, recordThreshold } = fragment
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
