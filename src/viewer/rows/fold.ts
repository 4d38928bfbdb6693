import type { SpanNode } from '../analysis/span-node.js'

/** So many alike siblings are a pattern worth one row rather than many. */
export const FEWEST_TO_FOLD = 5

/** A number for what a span and everything below it looks like; `undefined` where something in it failed. */
export type Shapes = ReadonlyMap<SpanNode, number | undefined>

/** `order` has parents before children. */
export function shapesOf(order: readonly SpanNode[]): Shapes {
  const shapes = new Map<SpanNode, number | undefined>()
  const known = new Map<string, number>()
  for (let index = order.length - 1; index >= 0; index--) {
    const node = order[index]
    if (node !== undefined) shapes.set(node, shapeOf(node, shapes, known))
  }
  return shapes
}

function shapeOf(
  { span, endMicros, children }: SpanNode,
  shapes: Map<SpanNode, number | undefined>,
  known: Map<string, number>,
): number | undefined {
  if (span.status === 'error' || endMicros === undefined) return undefined
  const below: number[] = []
  for (const child of children) {
    const shape = shapes.get(child)
    if (shape === undefined) return undefined
    below.push(shape)
  }
  below.sort((a, b) => a - b)
  const key = `${span.resource.service}\n${span.name}\n${span.kind}\n${below.join()}`
  const shape = known.get(key) ?? known.size
  known.set(key, shape)
  return shape
}

/** Siblings in their order, alike ones together at the place of the first. */
export function foldedSiblings(siblings: readonly SpanNode[], shapes: Shapes): readonly (readonly SpanNode[])[] {
  if (siblings.length < FEWEST_TO_FOLD) return siblings.map((node) => [node])
  const alike = new Map<number, SpanNode[]>()
  for (const node of siblings) {
    const shape = shapes.get(node)
    if (shape === undefined) continue
    const group = alike.get(shape)
    if (group) group.push(node)
    else alike.set(shape, [node])
  }
  const groups: (readonly SpanNode[])[] = []
  for (const node of siblings) {
    const shape = shapes.get(node)
    const group = shape === undefined ? undefined : alike.get(shape)
    if (group === undefined || group.length < FEWEST_TO_FOLD) groups.push([node])
    else if (group[0] === node) groups.push(group)
  }
  return groups
}
