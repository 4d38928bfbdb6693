import type { SpanNode } from '../analysis/span-node.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Finding, FindingLevel } from '../model/finding.js'
import type { TraceSummary } from '../model/trace-store.js'
import type { RowFinding, TraceRow } from './wire.js'

/** So many findings of a trace are sent with its row. */
const MOST_FINDINGS = 3
const RANKS: Readonly<Record<FindingLevel, number>> = { error: 0, warning: 1, info: 2 }

/** What an analysis says of a trace that its summary does not: which of several roots is the main one, and what is wrong. */
export interface SettledFacts extends Pick<
  TraceRow,
  'traceId' | 'service' | 'name' | 'hasRoot' | 'answeredMicros' | 'goesOnMicros'
> {
  readonly findings: readonly Finding[]
  readonly mainRoot: Pick<SpanNode, 'span'> | undefined
}

export function settledFacts(analysis: TraceAnalysis, findings: readonly Finding[]): SettledFacts {
  const { mainRoot, answeredMicros, goesOnMicros } = analysis
  return {
    traceId: analysis.traceId,
    // Not the node itself, which holds all others.
    mainRoot: mainRoot && { span: mainRoot.span },
    service: mainRoot?.span.resource.service ?? '',
    name: mainRoot?.span.name ?? '',
    hasRoot: mainRoot !== undefined && mainRoot.span.parentSpanId === undefined,
    ...(answeredMicros === undefined ? {} : { answeredMicros }),
    goesOnMicros,
    findings,
  }
}

export function traceRow(summary: TraceSummary, settled: SettledFacts | undefined): TraceRow {
  const { firstStartMicros, spanCount, services, hasError, lastArrivalMillis } = summary
  const { findings, mainRoot: _, ...facts } = settled ?? { ...summaryFacts(summary), findings: undefined }
  return {
    startMicros: firstStartMicros,
    spanCount,
    services,
    hasError,
    ...facts,
    ...(findings ? { findings: shortened(findings) } : {}),
    arrivedMillis: lastArrivalMillis,
  }
}

function summaryFacts({ traceId, root, services, lastEndMicros }: TraceSummary): Omit<SettledFacts, 'findings'> {
  const end = root?.endMicros
  return {
    traceId,
    mainRoot: undefined,
    service: root?.service ?? services[0] ?? 'unknown_service',
    name: root?.name ?? '(its root has not arrived)',
    hasRoot: root !== undefined,
    ...(root && end !== undefined ? { answeredMicros: end - root.startMicros } : {}),
    goesOnMicros: end === undefined ? 0 : Math.max(lastEndMicros - end, 0),
  }
}

function shortened(findings: readonly Finding[]): readonly RowFinding[] {
  return findings
    .toSorted((a, b) => RANKS[a.level] - RANKS[b.level])
    .slice(0, MOST_FINDINGS)
    .map(({ id, level, sentence, count }) => ({ id, level, sentence, count }))
}
