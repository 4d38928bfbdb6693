import { humanDuration } from '../../../internal/text/human-duration.js'
import { oneLine } from '../findings/words.js'
import type { SpanNode } from '../span-node.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { OperationPaths, type OperationPath } from './operation-paths.js'
import { traceKindOf } from './trace-kind.js'
import { Values } from './values.js'

const MOST_TRACES = 200
const FEWEST_TRACES = 10
const FEWEST_FOR_P95 = 20
const LEAST_SHARE = 0.2
const LEAST_MICROS = 5_000

/** An operation that takes longer here than it usually does. */
export interface SlowPart {
  readonly path: OperationPath
  readonly nodes: readonly SpanNode[]
  /** On the critical path, here and in the median of the others. */
  readonly hereMicros: number
  readonly usuallyMicros: number
  readonly excessMicros: number
  /** How often it ran, here and in the median of the others. */
  readonly hereCount: number
  readonly usualCount: number
  /** No other trace of the kind has it. */
  readonly isNew: boolean
}

export interface SlowExplanation {
  /** Other traces of the kind; below ten nothing is compared. */
  readonly comparedWith: number
  readonly medianMicros: number
  /** How much longer than the median this one took; below 0: less. */
  readonly excessMicros: number
  /** Slower than the slowest of the others, or than 95 of 100 of them where there are 20. */
  readonly isUnusual: boolean
  /** The largest excess first. */
  readonly parts: readonly SlowPart[]
  /** What most others do for 5 ms and more, and this one did not. */
  readonly missing: readonly OperationPath[]
  readonly sentence: string
}

/** What traces of one kind usually take, and what for. */
export interface Baseline {
  readonly traces: number
  readonly paths: OperationPaths
  readonly durations: Values
  readonly byPath: ReadonlyMap<OperationPath, { readonly micros: Values; readonly counts: Values }>
  readonly traceIds: ReadonlySet<string>
}

/**
 * Of the newest 200 traces of one kind.
 *
 * @param traces traces of the same kind as `like`; others are left out
 * @param coldStarts ids of traces that are left out
 */
export function baselineOf(
  like: TraceAnalysis,
  traces: readonly TraceAnalysis[],
  { coldStarts = new Set() }: { coldStarts?: ReadonlySet<string> } = {},
): Baseline {
  const kind = traceKindOf(like)
  const alike = traces
    .filter(
      (trace) => trace.answeredMicros !== undefined && !coldStarts.has(trace.traceId) && traceKindOf(trace) === kind,
    )
    .sort((a, b) => b.startMicros - a.startMicros)
    .slice(0, MOST_TRACES)
  const paths = new OperationPaths()
  const drafts = new Map<OperationPath, { micros: number[]; counts: number[] }>()
  for (const trace of alike) {
    for (const [path, { pathMicros, count }] of paths.measure(trace)) {
      const draft = drafts.get(path) ?? { micros: [], counts: [] }
      drafts.set(path, draft)
      draft.micros.push(pathMicros)
      draft.counts.push(count)
    }
  }
  const of = (values: number[]): Values => new Values(values, alike.length)
  return {
    traces: alike.length,
    paths,
    durations: of(alike.map(({ answeredMicros }) => answeredMicros ?? 0)),
    byPath: new Map(
      Array.from(drafts, ([path, { micros, counts }]) => [path, { micros: of(micros), counts: of(counts) }]),
    ),
    traceIds: new Set(alike.map(({ traceId }) => traceId)),
  }
}

/** Compares a trace with others of its kind; its own part of the baseline is left out. */
export function whySlow(trace: TraceAnalysis, baseline: Baseline): SlowExplanation {
  const isWithin = baseline.traceIds.has(trace.traceId)
  const comparedWith = baseline.traces - (isWithin ? 1 : 0)
  const duration = trace.answeredMicros ?? 0
  if (comparedWith < FEWEST_TRACES || trace.answeredMicros === undefined) {
    const sentence = `Only ${comparedWith} others: no comparison.`
    return { comparedWith, medianMicros: 0, excessMicros: 0, isUnusual: false, parts: [], missing: [], sentence }
  }
  const without = (value: number | undefined): number | undefined => (isWithin ? (value ?? 0) : undefined)
  const medianMicros = baseline.durations.rank(0.5, without(duration))
  const excessMicros = duration - medianMicros
  const limit = (values: Values, own: number): number =>
    values.rank(comparedWith >= FEWEST_FOR_P95 ? 0.95 : 1, without(own))
  const here = baseline.paths.measure(trace)
  const parts = Array.from(here, ([path, { nodes, pathMicros, count }]): SlowPart | undefined => {
    const usual = baseline.byPath.get(path)
    const usuallyMicros = usual?.micros.rank(0.5, without(pathMicros)) ?? 0
    const excess = pathMicros - usuallyMicros
    if (excess < LEAST_MICROS || excess < LEAST_SHARE * excessMicros) return undefined
    if (usual !== undefined && pathMicros <= limit(usual.micros, pathMicros)) return undefined
    return {
      path,
      nodes,
      hereMicros: pathMicros,
      usuallyMicros,
      excessMicros: excess,
      hereCount: count,
      usualCount: usual?.counts.rank(0.5, without(count)) ?? 0,
      isNew: usual === undefined || usual.micros.present <= (isWithin ? 1 : 0),
    }
  }).filter((part) => part !== undefined)
  parts.sort((a, b) => b.excessMicros - a.excessMicros)
  const missing = Array.from(baseline.byPath)
    .filter(([path, { micros }]) => !here.has(path) && micros.rank(0.5, without(0)) >= LEAST_MICROS)
    .map(([path]) => path)
  const isUnusual = excessMicros > 0 && duration > limit(baseline.durations, duration)
  const explanation = { comparedWith, medianMicros, excessMicros, isUnusual, parts, missing }
  return { ...explanation, sentence: sentenceOf(explanation) }
}

function sentenceOf({
  comparedWith,
  medianMicros,
  excessMicros,
  parts,
  missing,
}: Omit<SlowExplanation, 'sentence'>): string {
  const usual = `median ${humanDuration(medianMicros)} of ${comparedWith}`
  if (excessMicros <= 0) return `Not slower than usual (${usual}).`
  const sentences = [`${humanDuration(excessMicros)} slower than usual (${usual}).`]
  const [first] = parts
  if (first !== undefined) {
    const usually = first.isNew ? 'no other has it' : `usually ${humanDuration(first.usuallyMicros)}`
    sentences.push(
      `${humanDuration(first.excessMicros)} of it: ${nameOf(first.path)} (${usually}, here ${humanDuration(first.hereMicros)}).`,
    )
    if (!first.isNew && first.hereCount > first.usualCount) {
      sentences.push(`It ran ${first.hereCount} times instead of ${first.usualCount}.`)
    }
  }
  if (missing[0] !== undefined) sentences.push(`Most others have ${nameOf(missing[0])}, which is missing here.`)
  return sentences.join(' ')
}

function nameOf({ service, name }: OperationPath): string {
  return `${oneLine(service, 60)} \`${oneLine(name, 100).replaceAll('`', "'")}\``
}
