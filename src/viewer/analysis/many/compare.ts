import type { TraceAnalysis } from '../trace-analysis.js'
import { OperationPaths, type OperationPath, type PathMeasure } from './operation-paths.js'

/** An operation in two traces. */
export interface ComparedPath {
  readonly path: OperationPath
  /** `undefined` where that trace has no such spans. */
  readonly a: PathMeasure | undefined
  readonly b: PathMeasure | undefined
  /** Time on the critical path in b, less that in a. */
  readonly differenceMicros: number
}

/** Two traces side by side, by operation; the largest difference on the critical path first, then in total time. */
export function compareTraces(a: TraceAnalysis, b: TraceAnalysis): ComparedPath[] {
  const paths = new OperationPaths()
  const ofA = paths.measure(a)
  const ofB = paths.measure(b)
  return [...new Set([...ofA.keys(), ...ofB.keys()])]
    .map((path) => compared(path, ofA.get(path), ofB.get(path)))
    .sort((x, y) => Math.abs(y.differenceMicros) - Math.abs(x.differenceMicros) || totalGap(y) - totalGap(x))
}

function compared(path: OperationPath, a: PathMeasure | undefined, b: PathMeasure | undefined): ComparedPath {
  return { path, a, b, differenceMicros: (b?.pathMicros ?? 0) - (a?.pathMicros ?? 0) }
}

function totalGap({ a, b }: ComparedPath): number {
  return Math.abs((b?.totalMicros ?? 0) - (a?.totalMicros ?? 0))
}
