import type { ReceivedSpanKind } from '../../model/received-span.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { distributionOf, type Distribution, type Sample } from './numbers.js'
import { weightOf } from './weight.js'

/** Rate, errors and durations of what a service does for others. */
export interface Operation {
  readonly service: string
  readonly name: string
  readonly kind: ReceivedSpanKind
  /** Spans that were seen, and what they stand for. */
  readonly count: number
  readonly weighted: number
  readonly failed: number
  readonly weightedFailed: number
  readonly durations: Distribution
}

interface Sums {
  kind: ReceivedSpanKind
  count: number
  weighted: number
  failed: number
  weightedFailed: number
  readonly samples: Sample[]
}

/**
 * Of all server, consumer and root spans; what is asked for most first.
 *
 * @param coldStarts ids of traces whose durations are left out
 */
export function operations(
  traces: readonly TraceAnalysis[],
  { coldStarts = new Set() }: { coldStarts?: ReadonlySet<string> } = {},
): Operation[] {
  const sums = new Map<string, Sums>()
  for (const { nodes, traceId } of traces) {
    for (const { span, parent, endMicros, durationMicros } of nodes) {
      const isRoot = parent === undefined && span.parentSpanId === undefined
      if (!isRoot && span.kind !== 'server' && span.kind !== 'consumer') continue
      const key = `${span.resource.service}\n${span.name}`
      const sum = sums.get(key) ?? { kind: span.kind, count: 0, weighted: 0, failed: 0, weightedFailed: 0, samples: [] }
      sums.set(key, sum)
      const weight = weightOf(span)
      sum.count += 1
      sum.weighted += weight
      if (span.status === 'error') {
        sum.failed += 1
        sum.weightedFailed += weight
      }
      if (endMicros !== undefined && !coldStarts.has(traceId)) sum.samples.push({ micros: durationMicros, weight })
    }
  }
  return Array.from(sums, ([key, { samples, ...counts }]) => {
    const [service = '', name = ''] = key.split('\n')
    return { service, name, ...counts, durations: distributionOf(samples) }
  }).sort((a, b) => b.weighted - a.weighted)
}
