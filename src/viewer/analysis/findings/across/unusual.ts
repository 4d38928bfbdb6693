import type { Finding } from '../../../model/finding.js'
import { traceKindOf } from '../../many/trace-kind.js'
import { baselineOf, whySlow } from '../../many/why-slow.js'
import type { TraceAnalysis } from '../../trace-analysis.js'
import { TraceFacts } from '../facts.js'
import { placeOf } from '../words.js'

const LEAST_RATIO = 2
const LEAST_EXCESS_MICROS = 50_000

/** Traces that took far longer than others of their kind, and what took the time. */
export function unusual(traces: readonly TraceAnalysis[], coldStarts: ReadonlySet<string>): Finding[] {
  const kinds = Map.groupBy(traces, (trace) => traceKindOf(trace) ?? '')
  return [...kinds.values()].flatMap((alike) => {
    const [first] = alike
    if (first === undefined) return []
    const baseline = baselineOf(first, alike, { coldStarts })
    return alike.flatMap((trace) => {
      const { mainRoot, answeredMicros = 0 } = trace
      if (mainRoot === undefined || coldStarts.has(trace.traceId)) return []
      const { isUnusual, medianMicros, excessMicros, parts, sentence } = whySlow(trace, baseline)
      const isFar = excessMicros >= LEAST_EXCESS_MICROS && answeredMicros >= medianMicros * LEAST_RATIO
      if (!isUnusual || !isFar) return []
      const [part] = parts
      return new TraceFacts(trace).finding({
        id: 'unusual',
        level: 'info',
        confidence: 'certain',
        key: part === undefined ? '' : `${part.path.service}\n${part.path.name}`,
        nodes: part?.nodes ?? [mainRoot],
        durationMicros: excessMicros,
        sentence: `${placeOf(mainRoot)} was ${sentence}`,
      })
    })
  })
}
