import { exceptionOf, failureMessage, httpStatusOf } from './failures.js'
import type { SpanNode } from './span-node.js'

/** A span that failed though nothing below it did: where a failure began. */
export interface ErrorOrigin {
  readonly node: SpanNode
  /** The message of its exception or status, else its HTTP status or error type; empty where it has none of them. */
  readonly message: string
  /** The next failing span above it, and the highest. */
  readonly nearestFailed: SpanNode | undefined
  readonly highestFailed: SpanNode | undefined
  /** How many spans above it fail. */
  readonly failedAncestors: number
  /** Spans between it and the highest failing one that do not say that they failed. */
  readonly silentSpans: number
  /** Nothing above it shares the failure: the caller went on without it. */
  readonly isSwallowed: boolean
  /** How many origins of the trace are of the same service, name and exception type, this one included. */
  readonly alike: number
}

/** From so many on, failures of one kind are a habit of the program rather than the cause of something. */
const MANY_ALIKE = 5
/** Whether something is there is often asked by trying to have it. */
const PROBE = /\bENOENT\b|\b404\b|not ?found|does not exist|no such (file|key)|cache miss/i
/** So many failing ancestors are asked whether they say the same. */
const MOST_ANCESTORS_ASKED = 32

interface Above {
  readonly nearest: SpanNode | undefined
  readonly highest: SpanNode | undefined
  readonly count: number
  /** A server span that answers 4xx does not fail by OpenTelemetry's conventions; but it passes the failure on. */
  readonly answersFailure: boolean
}

const NOTHING_ABOVE: Above = { nearest: undefined, highest: undefined, count: 0, answersFailure: false }

/** Those that explain the most first. `order` has parents before children. */
export function errorOriginsOf(order: readonly SpanNode[]): ErrorOrigin[] {
  if (!order.some(hasFailed)) return []
  const above = new Map<SpanNode, Above>()
  const failing: SpanNode[] = []
  const hasFailedBelow = new Set<SpanNode>()
  for (const node of order) {
    const own =
      node.parent === undefined ? NOTHING_ABOVE : beneath(node.parent, above.get(node.parent) ?? NOTHING_ABOVE)
    if (own !== NOTHING_ABOVE) above.set(node, own)
    if (!hasFailed(node)) continue
    failing.push(node)
    if (own.nearest !== undefined) hasFailedBelow.add(own.nearest)
  }
  const origins = failing.filter((node) => !hasFailedBelow.has(node))
  const alike = Map.groupBy(origins, kindOf)
  const described = origins.map((node): ErrorOrigin => {
    const { nearest, highest, count, answersFailure } = above.get(node) ?? NOTHING_ABOVE
    return {
      node,
      message: failureMessage(node.span),
      nearestFailed: nearest,
      highestFailed: highest,
      failedAncestors: count,
      silentSpans: highest === undefined ? 0 : node.depth - highest.depth - count,
      isSwallowed: node.parent !== undefined && highest === undefined && !answersFailure,
      alike: alike.get(kindOf(node))?.length ?? 1,
    }
  })
  const ranks = new Map(described.map((origin) => [origin, rankOf(origin, above)]))
  const rank = (origin: ErrorOrigin): number => ranks.get(origin) ?? 0
  return described.sort((a, b) => rank(a) - rank(b) || endOf(b.node) - endOf(a.node))
}

export function hasFailed({ span }: SpanNode): boolean {
  return span.status === 'error'
}

/** A failure that happens all the time, or asks whether something is there, is rarely the cause of another. */
export function isHabit({ node, message, alike }: ErrorOrigin): boolean {
  return alike >= MANY_ALIKE || PROBE.test(message) || httpStatusOf(node.span) === 404
}

function beneath(parent: SpanNode, above: Above): Above {
  const answersFailure = above.answersFailure || (httpStatusOf(parent.span) ?? 0) >= 400
  if (!hasFailed(parent)) return answersFailure === above.answersFailure ? above : { ...above, answersFailure }
  return { nearest: parent, highest: above.highest ?? parent, count: above.count + 1, answersFailure }
}

function kindOf({ span }: SpanNode): string {
  return `${span.resource.service}\n${span.name}\n${exceptionOf(span)?.type ?? ''}`
}

/** Of several origins, one whose message its ancestors repeat, then one with an exception. Habits and what was swallowed are last. */
function rankOf(origin: ErrorOrigin, above: ReadonlyMap<SpanNode, Above>): number {
  const base = (origin.alike >= MANY_ALIKE ? 20 : 0) + (origin.isSwallowed ? 10 : 0)
  if (isRepeatedAbove(origin, above)) return base
  if (isHabit(origin)) return base + 3
  return base + (exceptionOf(origin.node.span) === undefined ? 2 : 1)
}

function isRepeatedAbove({ message, nearestFailed }: ErrorOrigin, above: ReadonlyMap<SpanNode, Above>): boolean {
  let at = nearestFailed
  for (let asked = 0; at !== undefined && message !== '' && asked < MOST_ANCESTORS_ASKED; asked++) {
    if (at.span.statusMessage === message || exceptionOf(at.span)?.message === message) return true
    at = above.get(at)?.nearest
  }
  return false
}

function endOf(node: SpanNode): number {
  return node.endMicros ?? node.startMicros
}
