import { covered, type Interval } from '../../../internal/intervals/covered.js'
import type { Call } from '../calls/call.js'
import { callsOf } from '../calls/trace-calls.js'
import type { SpanNode } from '../span-node.js'
import type { TraceAnalysis } from '../trace-analysis.js'

/** A place in the work of a service: what called what, from the root down. Alike spans of many traces share one. */
export interface OperationPath {
  readonly parent: OperationPath | undefined
  readonly depth: number
  readonly service: string
  /** The span's name; of a query its statement. */
  readonly name: string
}

/** What the spans of one path did in one trace. */
export interface PathMeasure {
  readonly nodes: readonly SpanNode[]
  readonly count: number
  readonly failed: number
  /** On the critical path. */
  readonly pathMicros: number
  /** The sum of durations. */
  readonly totalMicros: number
  /** Self time; of spans that ran at once only the time that passed. */
  readonly selfMicros: number
  /** How many of one parent's ran at once, at most. */
  readonly atOnce: number
}

type Draft = { -readonly [Key in keyof PathMeasure]: Key extends 'nodes' ? SpanNode[] : PathMeasure[Key] }

interface Place {
  readonly path: OperationPath
  /** What of its time counts, where alike siblings ran beside it. */
  readonly scale: number
}

/** Paths of many traces, each known by one object. */
export class OperationPaths {
  readonly #children = new Map<OperationPath | undefined, Map<string, OperationPath>>()

  measure(analysis: TraceAnalysis): Map<OperationPath, PathMeasure> {
    const measures = new Map<OperationPath, Draft>()
    const { calls } = callsOf(analysis)
    // By index: parents come first, so theirs are known.
    const places: Place[] = []
    const settle = (siblings: readonly SpanNode[], parent: Place | undefined): void => {
      const alike = Map.groupBy(siblings, (node) => this.#pathOf(node, calls.get(node), parent?.path))
      for (const [path, nodes] of alike) {
        const measure = measures.get(path) ?? emptyMeasure()
        measures.set(path, measure)
        measure.atOnce = Math.max(measure.atOnce, mostAtOnce(nodes))
        const scale = (parent?.scale ?? 1) * shareThatPassed(nodes)
        const place = { path, scale }
        for (const node of nodes) {
          places[node.index] = place
          add(measure, node, scale)
        }
      }
    }
    settle(
      analysis.nodes.filter(({ parent }) => parent === undefined),
      undefined,
    )
    for (const node of analysis.nodes) if (node.children.length > 0) settle(node.children, places[node.index])
    return measures
  }

  #pathOf(node: SpanNode, call: Call | undefined, parent: OperationPath | undefined): OperationPath {
    const { service } = node.span.resource
    const isQuery = call?.kind === 'database'
    const key = `${service}\n${isQuery ? call.key : node.span.name}`
    const children = this.#children.get(parent) ?? new Map<string, OperationPath>()
    this.#children.set(parent, children)
    const known = children.get(key)
    if (known !== undefined) return known
    const path = { parent, depth: (parent?.depth ?? -1) + 1, service, name: isQuery ? call.label : node.span.name }
    children.set(key, path)
    return path
  }
}

function emptyMeasure(): Draft {
  return { nodes: [], count: 0, failed: 0, pathMicros: 0, totalMicros: 0, selfMicros: 0, atOnce: 1 }
}

function add(measure: Draft, node: SpanNode, scale: number): void {
  measure.nodes.push(node)
  measure.count += 1
  if (node.span.status === 'error') measure.failed += 1
  measure.pathMicros += node.pathMicros
  measure.totalMicros += node.durationMicros
  measure.selfMicros += node.selfMicros * scale
}

function shareThatPassed(nodes: readonly SpanNode[]): number {
  if (nodes.length === 1) return 1
  const total = nodes.reduce((sum, { durationMicros }) => sum + durationMicros, 0)
  return total === 0 ? 1 : covered(nodes.map(intervalOf)) / total
}

function mostAtOnce(nodes: readonly SpanNode[]): number {
  if (nodes.length === 1) return 1
  const changes = nodes.map(intervalOf).flatMap(([start, end]): [number, number][] => [
    [start, 1],
    [end, -1],
  ])
  let running = 0
  let most = 1
  for (const [, change] of changes.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    running += change
    most = Math.max(most, running)
  }
  return most
}

function intervalOf({ startMicros, endMicros = startMicros }: SpanNode): Interval {
  return [startMicros, endMicros]
}
