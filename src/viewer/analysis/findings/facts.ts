import { covered, type Interval } from '../../../internal/intervals/covered.js'
import type { CodeLocation, Confidence, Finding, FindingLevel, FindingLimits } from '../../model/finding.js'
import { numberOf, textOf } from '../attributes.js'
import { callsOf, type TraceCalls } from '../calls/trace-calls.js'
import { httpStatusOf } from '../failures.js'
import type { SpanNode } from '../span-node.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { fingerprintOf } from './fingerprint.js'

const MOST_SPANS = 20
/** So far up a place in the source is looked for. */
const MOST_LEVELS = 10

export interface FoundThing {
  readonly id: string
  readonly level: FindingLevel
  readonly confidence: Confidence
  readonly sentence: string
  readonly advice?: string
  /** What makes it the same fault in another trace: no ids, no times. */
  readonly key: string
  /** The most telling one first. */
  readonly nodes: readonly SpanNode[]
  readonly count?: number
  /** Else the sum of the spans' durations. */
  readonly durationMicros?: number
  readonly savedMicros?: number
}

/** Looks at one trace for one kind of fault. */
export type Detector = (facts: TraceFacts) => Finding[]

const NO_LIMITS: FindingLimits = new Map()

/** What detectors ask of a trace. */
export class TraceFacts {
  readonly analysis: TraceAnalysis
  readonly calls: TraceCalls
  /** The main root's duration, or else the trace's: what shares are shares of. Never 0. */
  readonly rootMicros: number
  readonly #limits: FindingLimits
  /** By index. */
  #pathBelow: Float64Array | undefined
  #failingRequests: readonly (SpanNode | undefined)[] | undefined

  constructor(analysis: TraceAnalysis, limits: FindingLimits = NO_LIMITS) {
    this.analysis = analysis
    this.#limits = limits
    this.calls = callsOf(analysis)
    this.rootMicros = Math.max(analysis.answeredMicros ?? analysis.durationMicros, 1)
  }

  /** From how many on something is found: what the user says, or else the default. */
  fewest(id: string, byDefault: number): number {
    return this.#limits.get(id)?.count ?? byDefault
  }

  /** From what duration on something is found, where the user says it: then no share of the request is asked for. */
  shortestMicros(id: string): number | undefined {
    const millis = this.#limits.get(id)?.durationMillis
    return millis === undefined ? undefined : millis * 1_000
  }

  shareOfRoot(micros: number): number {
    return micros / this.rootMicros
  }

  /** Sections of the critical path in a span and all below it. */
  pathBelow(node: SpanNode): number {
    this.#pathBelow ??= pathsBelow(this.analysis.nodes)
    return this.#pathBelow[node.index] ?? 0
  }

  /** Requests above a span that fail, or answer that they do, from the nearest up. */
  failingRequests(node: SpanNode, most: number): SpanNode[] {
    this.#failingRequests ??= failingRequestsAbove(this.analysis.nodes)
    const found: SpanNode[] = []
    for (let at = this.#failingRequests[node.index]; at !== undefined; at = this.#failingRequests[at.index]) {
      if (found.length === most) break
      found.push(at)
    }
    return found
  }

  finding({ key, nodes, count = nodes.length, durationMicros, ...found }: FoundThing): Finding {
    const { traceId, mainRoot, criticalPath } = this.analysis
    const service = nodes[0]?.span.resource.service ?? mainRoot?.span.resource.service ?? ''
    const path = nodes.reduce((sum, node) => sum + this.pathBelow(node), 0)
    const code = codeOf(nodes, this.calls)
    return {
      ...found,
      fingerprint: fingerprintOf(found.id, service, mainRoot?.span.name ?? '', key),
      service,
      traceId,
      spanIds: nodes.slice(0, MOST_SPANS).map(({ id }) => id),
      count,
      durationMicros: durationMicros ?? nodes.reduce((sum, node) => sum + node.durationMicros, 0),
      pathShare: criticalPath === undefined ? 0 : Math.min(path / Math.max(criticalPath.durationMicros, 1), 1),
      ...(code !== undefined && { code }),
    }
  }
}

/** How long at least one of the spans was running. */
export function busyTime(nodes: readonly SpanNode[]): number {
  return covered(nodes.map(({ startMicros, endMicros = startMicros }): Interval => [startMicros, endMicros]))
}

function pathsBelow(nodes: readonly SpanNode[]): Float64Array {
  const sums = Float64Array.from(nodes, ({ pathMicros }) => pathMicros)
  for (let index = nodes.length - 1; index >= 0; index--) {
    const parent = nodes[index]?.parent
    if (parent !== undefined) sums[parent.index] = (sums[parent.index] ?? 0) + (sums[index] ?? 0)
  }
  return sums
}

/** For each span the nearest request above it that fails, or answers that it does. */
function failingRequestsAbove(nodes: readonly SpanNode[]): (SpanNode | undefined)[] {
  const nearest: (SpanNode | undefined)[] = []
  for (const { parent } of nodes) {
    const isRequest = parent?.span.kind === 'server' || parent?.span.kind === 'consumer' || parent?.parent === undefined
    const isFailing =
      parent?.span.status === 'error' || (parent !== undefined && (httpStatusOf(parent.span) ?? 0) >= 400)
    nearest.push(isRequest && isFailing ? parent : parent && nearest[parent.index])
  }
  return nearest
}

/** The nearest place in the source that a span or one above it, up to its request, tells. */
function codeOf([first]: readonly SpanNode[], calls: TraceCalls): CodeLocation | undefined {
  if (first === undefined) return undefined
  const request = calls.requestOf(first)
  let node: SpanNode | undefined = first
  for (
    let level = 0;
    node !== undefined && level < MOST_LEVELS;
    level++, node = node === request ? undefined : node.parent
  ) {
    const { attributes } = node.span
    const path = textOf(attributes, 'code.file.path', 'code.filepath')
    if (path === undefined) continue
    const line = numberOf(attributes, 'code.line.number', 'code.lineno')
    const name = textOf(attributes, 'code.function.name', 'code.function')
    return { path, ...(line !== undefined && { line }), ...(name !== undefined && { function: name }) }
  }
  return undefined
}
