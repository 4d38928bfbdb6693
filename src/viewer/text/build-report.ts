import { coldStartIds } from '../analysis/findings/across/cold-start.js'
import { findingsAcross } from '../analysis/findings/findings-across.js'
import { findingsOf } from '../analysis/findings/findings-of.js'
import { groupFindings } from '../analysis/findings/group-findings.js'
import { operations, type Operation } from '../analysis/many/operations.js'
import { analyseTrace, type TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Finding, FindingGroup, FindingLimits } from '../model/finding.js'
import type { TraceStore } from '../model/trace-store.js'
import { queriedTrace } from '../query/queried-trace.js'
import type { Query } from '../query/query.js'
import type { Baseline } from './baseline.js'
import { failsOn, isWithinLimits, type FailOn } from './fail-on.js'
import { REPORT_SCHEMA, type FindingReport, type OperationReport, type RunReport, type ViewReport } from './report.js'
import { isoTime, millis, traceReport } from './trace-report.js'

export interface ReportOptions {
  /** When the run began, in milliseconds since 1970. Default: when the first span started. */
  readonly startedMillis?: number
  readonly command?: string
  /** What could not be read of files. */
  readonly problems?: readonly string[]
  readonly query?: Query
  readonly limits?: FindingLimits
  readonly failOn?: FailOn
  readonly baseline?: Baseline
  /** Whether the report has each trace. */
  readonly withTraces?: boolean
}

interface LookedAt {
  readonly run: string
  readonly analysis: TraceAnalysis
  readonly findings: readonly Finding[]
}

/** What a run shows: findings, operations and numbers of the traces that match. */
export function buildReport(store: TraceStore, options: ReportOptions = {}): ViewReport {
  const traces = lookAt(store, options)
  const analyses = traces.map(({ analysis }) => analysis)
  const limits = options.limits ?? new Map()
  const across = findingsAcross(analyses).filter((finding) => isWithinLimits(judged(finding), limits))
  const groups = groupFindings([...traces.flatMap(({ findings }) => findings), ...across], analyses)
  return {
    schema: REPORT_SCHEMA,
    run: runReport(store, analyses, options),
    findings: groups.map((group) => findingReport(group, options)),
    operations: operations(analyses, { coldStarts: coldStartIds(analyses) }).map(operationReport),
    ...(options.withTraces && { traces: traces.map(({ analysis, findings }) => traceReport(analysis, findings)) }),
  }
}

/** Each trace that matches, the oldest first. */
function lookAt(store: TraceStore, { query, limits = new Map() }: ReportOptions): LookedAt[] {
  return store
    .summaries()
    .map(({ traceId, run }): LookedAt => {
      const analysis = analyseTrace(store.spansOf(traceId))
      return { run, analysis, findings: findingsOf(analysis, limits) }
    })
    .filter((trace) => query?.expression === undefined || query.matches(asQueried(trace)))
    .map(({ findings, ...trace }) => ({
      ...trace,
      findings: findings.filter((finding) => isWithinLimits(judged(finding), limits)),
    }))
    .sort((a, b) => a.analysis.startMicros - b.analysis.startMicros)
}

function asQueried({ run, analysis, findings }: LookedAt): ReturnType<typeof queriedTrace> {
  const { traceId, nodes } = analysis
  return queriedTrace({
    traceId,
    run,
    spans: nodes.map(({ span }) => span),
    analyse: () => {
      const selfMicros = new Map(nodes.map((node) => [node.span, node.selfMicros]))
      return { findings, selfMicrosOf: (span) => selfMicros.get(span) }
    },
  })
}

function runReport(store: TraceStore, analyses: readonly TraceAnalysis[], options: ReportOptions): RunReport {
  const { command, query, problems = [] } = options
  const first = analyses[0]?.startMicros ?? 0
  const last = analyses.reduce((latest, each) => Math.max(latest, each.startMicros + each.durationMicros), first)
  return {
    started: isoTime(options.startedMillis === undefined ? first : options.startedMillis * 1_000),
    ...(command !== undefined && { command }),
    ...(query?.expression && { query: query.text }),
    spans: analyses.reduce((sum, { nodes }) => sum + nodes.length, 0),
    traces: analyses.length,
    services: [...new Set(analyses.flatMap(({ services }) => services))].sort(),
    durationMillis: millis(last - first),
    dropped: store.counts().evictedSpans,
    ...(problems.length > 0 && { problems }),
  }
}

function operationReport({ service, name, count, weighted, failed, durations }: Operation): OperationReport {
  const { p50Micros, p95Micros, p99Micros, minMicros, maxMicros } = durations
  return {
    service,
    name,
    count,
    weighted,
    failed,
    ...(p50Micros !== undefined && { p50Millis: millis(p50Micros) }),
    ...(p95Micros !== undefined && { p95Millis: millis(p95Micros) }),
    ...(p99Micros !== undefined && { p99Millis: millis(p99Micros) }),
    minMillis: millis(minMicros),
    maxMillis: millis(maxMicros),
  }
}

type Judged = Parameters<typeof failsOn>[0]

function judged({ id, level, count, durationMicros }: Finding | FindingGroup): Judged {
  return { id, level, count, durationMillis: millis(durationMicros) }
}

/** A group as it is reported, with whether it is known and whether it makes the command fail. */
export function findingReport(group: FindingGroup, options: Omit<ReportOptions, 'query'> = {}): FindingReport {
  const { failOn, baseline, limits = new Map() } = options
  const { durationMicros, savedMicros, ...rest } = group
  const known = baseline && { isKnown: baseline.has(group.fingerprint) }
  return {
    ...rest,
    durationMillis: millis(durationMicros),
    ...(savedMicros !== undefined && { savedMillis: millis(savedMicros) }),
    ...known,
    ...(failOn && { fails: failsOn({ ...judged(group), ...known }, failOn, limits) }),
  }
}
