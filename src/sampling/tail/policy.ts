import type { ReadableSpan } from '@opentelemetry/sdk-trace'

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
