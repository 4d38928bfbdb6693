import { TraceFlags, type SpanContext, type Span } from '@opentelemetry/api'
import { SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace'
import { processWide } from '../../internal/runtime/process-wide.js'
import { thresholdIn, withThreshold } from '../../internal/trace-state/threshold.js'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'

/** How a trace stands with the tail; a new child span follows it. */
export type TailState =
  /** Not decided; the head said no. */
  | { readonly kind: 'undecided' }
  /** Not decided, but sampled by its head, so that it will be kept at some threshold. */
  | { readonly kind: 'sampled' }
  | { readonly kind: 'kept'; readonly threshold: string }
  /** Dropped; an error could still bring what follows back, unless nothing of the trace is recorded any more. */
  | { readonly kind: 'dropped'; readonly isRecorded: boolean }

/** A tail processor, as samplers and keep(span) see it. */
export interface TailStage {
  stateOf(traceId: string): TailState | undefined
  /** Keeps the trace from now on; whether it is kept, undefined where the trace is not known. */
  keep(traceId: string): boolean | undefined
}

/** The running stages; one, unless an app has several providers. */
export const tails: Set<TailStage> = processWide('tail-stages', () => new Set<TailStage>())

export function tailStateOf(traceId: string): TailState | undefined {
  for (const stage of tails) {
    const state = stage.stateOf(traceId)
    if (state) return state
  }
  return undefined
}

/** Whether a stage keeps the trace from now on; undefined where none knows it. */
export function keepTrace(traceId: string): boolean | undefined {
  let isKept: boolean | undefined
  for (const stage of tails) isKept = stage.keep(traceId) ?? isKept
  return isKept
}

const { NOT_RECORD, RECORD, RECORD_AND_SAMPLED } = SamplingDecision

/** A child follows what decided its local root: the tail where it holds the trace, else the parent's own flag. */
export function followLocalParent({ traceId, traceFlags, traceState }: SpanContext): SamplingResult {
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  const tail = tailStateOf(traceId)
  switch (tail?.kind) {
    case 'undecided':
      return { decision: isSampled ? RECORD_AND_SAMPLED : RECORD }
    case 'sampled':
      return { decision: RECORD_AND_SAMPLED }
    case 'kept':
      if (isSampled && thresholdIn(traceState) === tail.threshold) return { decision: RECORD_AND_SAMPLED }
      return { decision: RECORD_AND_SAMPLED, traceState: withThreshold(traceState, tail.threshold) }
    case 'dropped':
      return { decision: tail.isRecorded ? RECORD : NOT_RECORD }
    case undefined:
      return { decision: isSampled ? RECORD_AND_SAMPLED : NOT_RECORD }
  }
}

/**
 * Keeps the whole local trace of this span: a customer who complained, a feature flag under watch. Needs an
 * {@link errorBiasedSampler}, since another one has dropped the trace by now; not held to a limit, so not for every
 * request. Returns whether the trace is kept. Never throws.
 */
export function keep(span: Span): boolean {
  const { traceId, traceFlags } = span.spanContext()
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  const isKept = keepTrace(traceId)
  if (isKept === undefined && !isSampled) {
    warnOnce('keep', 'keep(span) came too late: only errorBiasedSampler holds traces back until their end')
  }
  return isKept ?? isSampled
}
