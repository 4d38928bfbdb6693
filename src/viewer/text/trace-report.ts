import { callsOf } from '../analysis/calls/trace-calls.js'
import type { PathSection } from '../analysis/critical-path.js'
import type { ErrorOrigin } from '../analysis/error-origins.js'
import type { SpanNode } from '../analysis/span-node.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Finding } from '../model/finding.js'
import type {
  ClockSkewReport,
  CriticalPathReport,
  ErrorOriginReport,
  RepeatedCallsReport,
  TraceFindingReport,
  TraceReport,
} from './report.js'

const MOST_ON_TOP = 5
const FEWEST_REPEATED = 3

/** One trace of `--json --traces`. */
export function traceReport(analysis: TraceAnalysis, findings: readonly Finding[]): TraceReport {
  const { nodes, roots, orphans, missingParents, answeredMicros } = analysis
  const path = pathReport(analysis)
  return {
    traceId: analysis.traceId,
    started: isoTime(analysis.startMicros),
    ...(answeredMicros === undefined ? undefined : { answeredMillis: millis(answeredMicros) }),
    goesOnMillis: millis(analysis.goesOnMicros),
    spans: nodes.length,
    services: analysis.services,
    roots: roots.map(nameOf),
    orphans: orphans.length,
    missingParents: missingParents.map(({ spanId }) => spanId),
    unended: nodes.filter(({ endMicros }) => endMicros === undefined).length,
    errors: nodes.filter(({ span }) => span.status === 'error').length,
    errorOrigins: analysis.errorOrigins.map(originReport),
    clockSkews: analysis.clockSkews.map(({ from, to, calls, shiftMicros }): ClockSkewReport => {
      return { from, to, calls, ...(shiftMicros === undefined ? undefined : { shiftMillis: millis(shiftMicros) }) }
    }),
    ...(path === undefined ? undefined : { criticalPath: path }),
    repeatedCalls: repeatedCalls(analysis),
    findings: findings.map(findingReport),
  }
}

function repeatedCalls(analysis: TraceAnalysis): RepeatedCallsReport[] {
  return callsOf(analysis)
    .groups.filter(({ nodes }) => nodes.length >= FEWEST_REPEATED)
    .map(({ call, nodes, parent, busyMicros, overlapShare }) => ({
      ...(parent && { parent: nameOf(parent) }),
      kind: call.kind,
      call: call.label,
      count: nodes.length,
      atOnce: overlapShare >= 0.5,
      busyMillis: millis(busyMicros),
    }))
}

function pathReport({ criticalPath }: TraceAnalysis): CriticalPathReport | undefined {
  if (!criticalPath) return undefined
  const { root, durationMicros, sections, assumptions } = criticalPath
  const bySpan = sumBy(sections, ({ node }) => node)
  const byService = sumBy(sections, ({ node }) => node.span.resource.service)
  return {
    root: nameOf(root),
    durationMillis: millis(durationMicros),
    byServiceMillis: Object.fromEntries(byService.map(([service, micros]) => [service, millis(micros)])),
    sections: sections.length,
    assumptions,
    assumed: sections.filter(({ isAssumed }) => isAssumed).length,
    top: bySpan.slice(0, MOST_ON_TOP).map(([node, micros]) => {
      return { span: nameOf(node), spanId: node.span.spanId, millis: millis(micros) }
    }),
  }
}

/** The most first. */
function sumBy<Key>(sections: readonly PathSection[], keyOf: (section: PathSection) => Key): [Key, number][] {
  const sums = new Map<Key, number>()
  for (const section of sections) {
    const key = keyOf(section)
    sums.set(key, (sums.get(key) ?? 0) + section.endMicros - section.startMicros)
  }
  return [...sums].sort(([, a], [, b]) => b - a)
}

function originReport({ node, message, highestFailed, silentSpans }: ErrorOrigin): ErrorOriginReport {
  return {
    span: nameOf(node),
    spanId: node.span.spanId,
    message,
    ...(highestFailed === undefined ? undefined : { reaches: nameOf(highestFailed) }),
    silentSpans,
  }
}

function findingReport(finding: Finding): TraceFindingReport {
  const { id, level, sentence, fingerprint, count, durationMicros, spanIds } = finding
  return { id, level, sentence, fingerprint, count, durationMillis: millis(durationMicros), spanIds }
}

export function nameOf({ span }: SpanNode): string {
  return `${span.resource.service}:${span.name}`
}

/** To the nanosecond: what OTLP has, and no digits that come of doubles. */
export function millis(micros: number): number {
  return Math.round(micros * 1_000) / 1_000_000
}

export function isoTime(micros: number): string {
  const date = new Date(micros / 1_000)
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString()
}
