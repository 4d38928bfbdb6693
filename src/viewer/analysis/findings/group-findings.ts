import type { Finding, FindingGroup } from '../../model/finding.js'
import type { SpanNode } from '../span-node.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { byImportance } from './findings-of.js'

const MOST_EXAMPLES = 3

/** A trace whose findings were made. Of its main root only the name is asked, so that no analysis need be kept. */
export interface LookedAt extends Pick<TraceAnalysis, 'traceId'> {
  readonly mainRoot: Pick<SpanNode, 'span'> | undefined
}

/**
 * One row for each fault, over the traces that show it, the worst first. What a group says is what its worst finding
 * says.
 *
 * @param traces all that were looked at, those without findings too: a group says in how many of its kind it was
 */
export function groupFindings(findings: readonly Finding[], traces: readonly LookedAt[]): FindingGroup[] {
  const kinds = new Map(
    traces.map(({ traceId, mainRoot }) => [traceId, mainRoot === undefined ? '' : kindOf(mainRoot)]),
  )
  const counts = new Map<string, number>()
  for (const kind of kinds.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const groups = Map.groupBy(findings, ({ fingerprint }) => fingerprint)
  return Array.from(groups.values(), (alike) => groupOf(alike, kinds, counts)).sort(byImportance)
}

function groupOf(
  alike: readonly Finding[],
  kinds: ReadonlyMap<string, string>,
  counts: ReadonlyMap<string, number>,
): FindingGroup {
  const sorted = alike.toSorted(byImportance)
  const [worst] = sorted
  if (worst === undefined) throw new Error('a group of no findings')
  const byTrace = new Map<string, Finding>()
  for (const finding of sorted) if (!byTrace.has(finding.traceId)) byTrace.set(finding.traceId, finding)
  const { traceId: _traceId, spanIds: _spanIds, ...common } = worst
  return {
    ...common,
    traces: byTrace.size,
    ofTraces: Math.max(counts.get(kinds.get(worst.traceId) ?? '') ?? 0, byTrace.size),
    examples: Array.from(byTrace.values(), ({ traceId, spanIds }) => ({ traceId, spanIds })).slice(0, MOST_EXAMPLES),
  }
}

function kindOf({ span }: Pick<SpanNode, 'span'>): string {
  return `${span.resource.service}\n${span.name}`
}
