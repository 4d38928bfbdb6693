import type { ReceivedSpan } from '../model/received-span.js'

/** A span in its place in the trace. Times are microseconds since the trace's start, corrected where a clock was wrong. */
export interface SpanNode {
  readonly span: ReceivedSpan
  /** The span's id; where a second span came with an id that is taken, its id with `#2`. Unique in the trace. */
  readonly id: string
  readonly parent: SpanNode | undefined
  /** In the order of their start. */
  readonly children: readonly SpanNode[]
  /** Its place among the trace's `nodes`: parents before children. */
  readonly index: number
  /** 0 for a root, and for an orphan. */
  readonly depth: number
  readonly startMicros: number
  /** `undefined` for a span without an end. */
  readonly endMicros: number | undefined
  /** 0 for a span without an end. */
  readonly durationMicros: number
  /** How much later the span is shown than its own clock says; 0 unless it is certain that the clock was wrong. */
  readonly shiftMicros: number
  /** The parent waited for it, as far as its times tell: only such a span can be on the critical path. */
  readonly isBlocking: boolean
  /** It ends after its parent did, which therefore did not wait for it. */
  readonly outlivesParent: boolean
  /** What no blocking child covers: own code, or waiting that no span shows. */
  readonly selfMicros: number
  /** Its own sections of the critical path. */
  readonly pathMicros: number
  /** Another span of the trace came with the same id. */
  readonly hasTakenId: boolean
  /** It was an ancestor of itself; the circle is cut above it, its earliest span. */
  readonly isCycleStart: boolean
}

/** While the analysis is made; afterwards nobody writes. */
export type DraftNode = {
  -readonly [Key in keyof SpanNode]: Key extends 'children'
    ? DraftNode[]
    : Key extends 'parent'
      ? DraftNode | undefined
      : SpanNode[Key]
}

/**
 * Times are no numbers yet rather than 0: V8 would take the fields for small integers, and convert each object at the first
 * fraction that is written, which took half of the analysis of a large trace.
 */
export function draftNode(span: ReceivedSpan, id: string): DraftNode {
  return {
    span,
    id,
    parent: undefined,
    children: [],
    index: 0,
    depth: 0,
    startMicros: NaN,
    endMicros: undefined,
    durationMicros: NaN,
    shiftMicros: 0,
    isBlocking: false,
    outlivesParent: false,
    selfMicros: NaN,
    pathMicros: NaN,
    hasTakenId: false,
    isCycleStart: false,
  }
}

/** Ancestors from the parent up. */
export function* ancestorsOf(node: SpanNode): Generator<SpanNode> {
  for (let at = node.parent; at !== undefined; at = at.parent) yield at
}

/** Everything below a span, parents before children. */
export function* descendantsOf(node: SpanNode): Generator<SpanNode, void, unknown> {
  const stack = node.children.toReversed()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next
    for (let i = next.children.length - 1; i >= 0; i--) {
      const child = next.children[i]
      if (child !== undefined) stack.push(child)
    }
  }
}
