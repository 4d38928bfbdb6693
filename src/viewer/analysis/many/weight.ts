import { adjustedCountOf, thresholdIn } from '../../../internal/trace-state/threshold.js'
import { parseTraceState } from '../../../internal/trace-state/trace-state.js'
import type { ReceivedSpan } from '../../model/received-span.js'
import type { TraceAnalysis } from '../trace-analysis.js'

/** How many spans this one stands for, by the threshold that its sampler left in `ot=th:…`; 1 where it left none. */
export function weightOf({ traceState }: Pick<ReceivedSpan, 'traceState'>): number {
  if (!traceState.includes('th:')) return 1
  const threshold = thresholdIn(parseTraceState(traceState))
  return threshold === undefined ? 1 : adjustedCountOf(threshold)
}

/** How many traces this one stands for. */
export function weightOfTrace({ mainRoot }: TraceAnalysis): number {
  return mainRoot === undefined ? 1 : weightOf(mainRoot.span)
}
