import type { Finding } from '../../../model/finding.js'
import { Values } from '../../many/values.js'
import { traceKindOf } from '../../many/trace-kind.js'
import type { TraceAnalysis } from '../../trace-analysis.js'
import { TraceFacts, type Detector } from '../facts.js'
import { humanDuration, placeOf } from '../words.js'
import { processKeyOf } from './process-key.js'

const FRESH_MICROS = 2_000_000
const FEWEST_OTHERS = 5
const LEAST_RATIO = 2

/** A function that says itself that its process had just started. */
export const coldStartByAttribute: Detector = (facts) =>
  facts.analysis.nodes
    .filter(({ span }) => span.attributes['faas.coldstart'] === true)
    .map((node) =>
      facts.finding({
        id: 'cold-start',
        level: 'info',
        confidence: 'certain',
        key: node.span.name,
        nodes: [node],
        sentence: `${placeOf(node)} is the first request of its process (${humanDuration(node.durationMicros)}).`,
      }),
    )

/** The first request of each process, where it took twice as long as those that followed. */
export function coldStarts(traces: readonly TraceAnalysis[]): Finding[] {
  const kinds = Map.groupBy(traces, traceKindOf)
  return firstOfProcesses(traces).flatMap((trace) => {
    const { mainRoot } = trace
    if (mainRoot === undefined || mainRoot.span.attributes['faas.coldstart'] === true) return []
    const others = (kinds.get(traceKindOf(trace)) ?? []).filter((other) => other !== trace)
    const durations = others.flatMap(({ answeredMicros }) => answeredMicros ?? [])
    const median = new Values(durations, durations.length).rank(0.5)
    const isCold = durations.length >= FEWEST_OTHERS && (trace.answeredMicros ?? 0) >= median * LEAST_RATIO
    if (!isCold) return []
    return new TraceFacts(trace).finding({
      id: 'cold-start',
      level: 'info',
      confidence: 'likely',
      key: mainRoot.span.name,
      nodes: [mainRoot],
      sentence: `${placeOf(mainRoot)} took ${humanDuration(mainRoot.durationMicros)} as the first request of its process; the median of ${durations.length} others is ${humanDuration(median)}.`,
    })
  })
}

/** Traces whose durations say little about their kind: to be left out of percentiles and baselines. */
export function coldStartIds(traces: readonly TraceAnalysis[]): Set<string> {
  const byAttribute = traces.filter(({ nodes }) => nodes.some(({ span }) => span.attributes['faas.coldstart'] === true))
  return new Set([...byAttribute.map(({ traceId }) => traceId), ...coldStarts(traces).map(({ traceId }) => traceId)])
}

/** For each process the first trace that it is the root of, if that began within two seconds of its first span. */
function firstOfProcesses(traces: readonly TraceAnalysis[]): TraceAnalysis[] {
  const firstSpans = new Map<string, number>()
  const firstTraces = new Map<string, { trace: TraceAnalysis; startMicros: number }>()
  for (const trace of traces) {
    for (const { span } of trace.nodes) {
      const key = processKeyOf(span.resource)
      firstSpans.set(key, Math.min(firstSpans.get(key) ?? Infinity, span.startMicros))
    }
    if (trace.mainRoot === undefined) continue
    const { startMicros, resource } = trace.mainRoot.span
    const key = processKeyOf(resource)
    if (startMicros < (firstTraces.get(key)?.startMicros ?? Infinity)) firstTraces.set(key, { trace, startMicros })
  }
  return Array.from(firstTraces)
    .filter(([key, { startMicros }]) => startMicros - (firstSpans.get(key) ?? 0) < FRESH_MICROS)
    .map(([, { trace }]) => trace)
}
