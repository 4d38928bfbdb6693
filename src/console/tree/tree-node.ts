import type { DrawnSpan } from '../drawn-span.js'
import { covered, type Interval } from '../../internal/intervals/covered.js'

/** A row to be: one span, several equal ones, or (no span) a parent that is not among the spans. */
export interface TreeNode {
  readonly name: string
  /** The span, or the first of those that share the row. */
  readonly span: DrawnSpan | undefined
  readonly spans: readonly DrawnSpan[]
  readonly open: boolean
  /** When its spans ran, microseconds since the epoch. */
  readonly intervals: readonly Interval[]
  /** Time during which at least one of its spans ran, microseconds. */
  busy: number
  /** Place among the spans given. */
  order: number
  parent: TreeNode | undefined
  children: TreeNode[]
  depth: number
  /** Equal for subtrees that look the same; undefined for one that must not be folded. */
  shape: number | undefined
}

export function nodeOf(
  name: string,
  spans: readonly DrawnSpan[] = [],
  intervals: readonly Interval[] = [],
  open = false,
): TreeNode {
  return {
    name: name || '(no name)',
    span: spans[0],
    spans,
    open,
    intervals,
    busy: covered(intervals),
    order: 0,
    parent: undefined,
    children: [],
    depth: 0,
    shape: undefined,
  }
}

export function adopt(parent: TreeNode, child: TreeNode): void {
  child.parent = parent
  parent.children.push(child)
}

/** Starts are known to the millisecond only; within it, what came in first (which is: ended first) goes first. */
export function byTime(a: TreeNode, b: TreeNode): number {
  return firstStart(a) - firstStart(b) || a.order - b.order
}

export function firstStart(node: TreeNode): number {
  const from = node.span ? node.intervals : node.children.flatMap(({ intervals }) => intervals)
  return from.reduce((first, [start]) => Math.min(first, start), Infinity)
}

export function lastEnd(node: TreeNode): number {
  return node.intervals.reduce((last, [, end]) => Math.max(last, end), -Infinity)
}

export function totalOf({ intervals }: TreeNode): number {
  return intervals.reduce((total, [start, end]) => total + end - start, 0)
}

/** Whether the spans of a row waited for each other. Their starts are known to the millisecond only. */
export function isSequential(node: TreeNode): boolean {
  return totalOf(node) <= lastEnd(node) - firstStart(node) + MILLISECOND
}

const MILLISECOND = 1_000
