import type { ClockSkew } from '../analysis/clock-skew.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'

/** What stands above the spans of a trace. Made of plain values, so that the server can send it before the spans. */
export interface TraceHead extends Pick<TraceAnalysis, 'traceId' | 'startMicros' | 'durationMicros' | 'goesOnMicros'> {
  readonly answeredMicros?: number | undefined
  readonly root?: { readonly service: string; readonly name: string } | undefined
  readonly spanCount: number
  readonly serviceCount: number
  readonly clockSkews: readonly ClockSkew[]
}

export function traceHead(trace: TraceAnalysis): TraceHead {
  const { traceId, startMicros, durationMicros, answeredMicros, goesOnMicros, clockSkews, mainRoot } = trace
  return {
    traceId,
    startMicros,
    durationMicros,
    answeredMicros,
    goesOnMicros,
    root: mainRoot && { service: mainRoot.span.resource.service, name: mainRoot.span.name },
    spanCount: trace.nodes.length,
    serviceCount: trace.services.length,
    clockSkews,
  }
}
