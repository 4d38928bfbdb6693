import type { DraftNode, SpanNode } from './span-node.js'
import { WaitedFor, type Moment } from './waited-for.js'

/** A piece of time in which the root could only go on once this span did. */
export interface PathSection {
  readonly node: SpanNode
  readonly startMicros: number
  readonly endMicros: number
  /** Others ran beside it, or beside a span above it, so that timing alone cannot say that it was this one. */
  readonly isAssumed: boolean
}

export interface CriticalPath {
  readonly root: SpanNode
  readonly durationMicros: number
  /** In the order of time; they cover the root from start to end without gap or overlap. */
  readonly sections: readonly PathSection[]
  /** How often one of several that ran at the same time was taken to be the one that was waited for. */
  readonly assumptions: number
  /** Whether another child could have been taken somewhere: then there is another reading. */
  readonly hasOther: boolean
}

interface Frame {
  readonly node: DraftNode
  readonly startMicros: number
  /** Everything from here to the end is explained. */
  reached: Moment
  readonly isAssumed: boolean
  readonly children: WaitedFor
}

/**
 * Backwards from the root's end: the child that ended last before that was waited for, and so on before its start. Where
 * nobody ran it is the span's own time. Adds to each span's `pathMicros`.
 *
 * @param takesOther where several ran at the same time, the second of them is taken
 */
export function criticalPathOf(root: DraftNode, takesOther = false): CriticalPath | undefined {
  const { startMicros, endMicros } = root
  if (endMicros === undefined) return undefined
  const sections: PathSection[] = []
  let assumptions = 0
  let hasOther = false
  const stack = [frameOf(root, startMicros, { micros: endMicros, isCoarse: isWholeMilli(root.span.endMicros) }, false)]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { node, startMicros: start, reached, isAssumed } = top
    if (reached.micros <= start) {
      stack.pop()
      continue
    }
    const pick = top.children.before(reached, takesOther)
    const end = pick?.endMicros ?? start
    addSection(sections, { node, startMicros: end, endMicros: reached.micros, isAssumed })
    top.reached = { micros: pick?.startMicros ?? start, isCoarse: isWholeMilli(pick?.node.span.startMicros) }
    if (pick === undefined) continue
    if (pick.isAssumed) assumptions += 1
    hasOther ||= pick.hasOther
    // Most spans have nobody to wait for, and are not asked.
    if (pick.node.children.length === 0) {
      addSection(sections, { ...pick, isAssumed: isAssumed || pick.isAssumed })
      continue
    }
    const moment = end < reached.micros ? { micros: end, isCoarse: isWholeMilli(pick.node.span.endMicros) } : reached
    stack.push(frameOf(pick.node, pick.startMicros, moment, isAssumed || pick.isAssumed))
  }
  return { root, durationMicros: root.durationMicros, sections: sections.reverse(), assumptions, hasOther }
}

function addSection(sections: PathSection[], section: Omit<PathSection, 'node'> & { readonly node: DraftNode }): void {
  const { node, startMicros, endMicros } = section
  if (endMicros <= startMicros) return
  sections.push(section)
  node.pathMicros += endMicros - startMicros
}

function frameOf(node: DraftNode, startMicros: number, end: Moment, isAssumed: boolean): Frame {
  return { node, startMicros, reached: end, isAssumed, children: new WaitedFor(node, startMicros, end.micros) }
}

function isWholeMilli(micros: number | undefined): boolean {
  return micros !== undefined && micros % 1_000 === 0
}
