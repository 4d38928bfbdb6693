import { TraceFlags, type Span } from '@opentelemetry/api'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { keepTrace } from './registry.js'

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
