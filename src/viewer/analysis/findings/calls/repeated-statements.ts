import type { Access } from '../../calls/statement.js'
import type { CallGroup } from '../../calls/trace-calls.js'
import type { SpanNode } from '../../span-node.js'
import { busyTime, type FoundThing, type TraceFacts } from '../facts.js'
import { humanDuration, quoted } from '../words.js'
import { isPolling } from './polling.js'

const FEWEST = 5
const WARNING_COUNT = 10
const WARNING_MICROS = 50_000
const WARNING_SHARE = 0.2
/** Statements that take turns: a loop with more in it is none. */
const LONGEST_PATTERN = 8

/** Statements that one request repeats: one, or several that take turns in a loop. */
export interface Repetition {
  /** By the start of their first. */
  readonly groups: readonly CallGroup[]
  readonly count: number
  readonly runsAtOnce: boolean
}

/** Those that have the default or the user's limit for the finding. */
export function repetitionsOf(facts: TraceFacts, access: Access, id: string): Repetition[] {
  const fewest = facts.fewest(id, FEWEST)
  if (isMigration(facts)) return []
  const groups = facts.calls.groups.filter((group) => group.nodes.length >= fewest && isCandidate(group, access, facts))
  const patterns = Map.groupBy(
    groups,
    ({ request, parent, nodes }) => `${request.id}\n${parent?.span.name}\n${nodes.length}`,
  )
  return [...patterns.values()].flatMap(inTurns)
}

function isCandidate({ call, nodes }: CallGroup, access: Access, facts: TraceFacts): boolean {
  if (call.kind !== 'database' || call.access !== access) return false
  // A batch that answers messages has a span for each of them, and they are not one another's loop.
  if (nodes.some(({ span }) => span.links.length > 0)) return false
  return access !== 'read' || !(asksTheSame(nodes, facts) || isPolling(nodes))
}

/** The same question many times is `duplicate`: no list would answer it better. */
function asksTheSame(nodes: readonly SpanNode[], { calls }: TraceFacts): boolean {
  const identities = new Set(nodes.map((node) => calls.calls.get(node)?.identity))
  return identities.size === 1 && !identities.has(undefined)
}

function isMigration({ calls }: TraceFacts): boolean {
  for (const call of calls.calls.values()) if (call.access === 'definition') return true
  return false
}

function inTurns(groups: readonly CallGroup[]): Repetition[] {
  const found: CallGroup[][] = []
  for (const group of groups) {
    const loop = found.find((others) => others.length < LONGEST_PATTERN && others[0] && takeTurns(others[0], group))
    if (loop === undefined) found.push([group])
    else loop.push(group)
  }
  return found.map((loop) => ({
    groups: loop,
    count: loop[0]?.nodes.length ?? 0,
    runsAtOnce: loop.some(({ overlapShare }) => overlapShare >= 0.5),
  }))
}

function takeTurns(a: CallGroup, b: CallGroup): boolean {
  if (a.overlapShare >= 0.5 && b.overlapShare >= 0.5) return true
  return a.nodes.every(({ startMicros }, index) => {
    const other = b.nodes[index]?.startMicros ?? -Infinity
    return startMicros <= other && other <= (a.nodes[index + 1]?.startMicros ?? Infinity)
  })
}

/** What the detectors of repeated statements have in common; the sentence is theirs. */
export function describeRepetition(
  facts: TraceFacts,
  { groups, count }: Repetition,
): Pick<FoundThing, 'level' | 'confidence' | 'key' | 'nodes' | 'count' | 'durationMicros'> {
  const nodes = groups.flatMap((group) => group.nodes)
  const durationMicros = groups.reduce((sum, { busyMicros }) => sum + busyMicros, 0)
  const isWarning =
    count >= WARNING_COUNT || durationMicros >= WARNING_MICROS || facts.shareOfRoot(busyTime(nodes)) >= WARNING_SHARE
  const key = groups.map(({ call }) => call.key).join('\n\n')
  return { level: isWarning ? 'warning' : 'info', confidence: 'likely', key, nodes, count, durationMicros }
}

/** "`GET /orders` runs `select … from item where order_id = ?` 24 times" */
export function whatRepeats({ groups, count }: Repetition): string {
  const [first] = groups
  if (first === undefined) return ''
  const others = groups.length === 1 ? '' : ` and ${groups.length - 1} more`
  return `${quoted(first.request.span.name)} runs ${quoted(first.call.label)}${others} ${count} times`
}

export function busyText({ groups }: Repetition): string {
  return humanDuration(groups.reduce((sum, { busyMicros }) => sum + busyMicros, 0))
}
