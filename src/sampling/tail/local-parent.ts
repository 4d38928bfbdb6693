import { TraceFlags, type SpanContext } from '@opentelemetry/api'
import { SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace'
import { thresholdIn, withThreshold } from '../../internal/trace-state/threshold.js'
import { tailStateOf } from './registry.js'

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
