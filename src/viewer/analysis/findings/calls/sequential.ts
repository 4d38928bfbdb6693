import type { Attributes } from '../../../model/received-span.js'
import { flatText } from '../../attributes.js'
import type { Call } from '../../calls/call.js'
import type { SpanNode } from '../../span-node.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, plural, quoted } from '../words.js'

const SHORTEST_CALL_MICROS = 10_000
const LONGEST_PAUSE_MICROS = 5_000
const LONGEST_PAUSE_SHARE = 0.1
const LEAST_SAVED_MICROS = 50_000
const LEAST_SAVED_SHARE = 0.2
const WARNING_COUNT = 3
const SHORTEST_VALUE = 4
const MOST_VALUES = 200
const MOST_LEVELS = 16

interface Step {
  readonly node: SpanNode
  readonly call: Call
}

/** Calls that only read, one right after the other, of which none seems to need what another answered. */
export const sequential: Detector = (facts) => {
  const byParent = Map.groupBy(facts.calls.calls.keys(), ({ parent }) => parent)
  return Array.from(byParent, ([parent, nodes]) => (parent === undefined ? [] : chainsIn(parent, nodes, facts)))
    .flat()
    .map((chain) => describe(chain, facts))
    .filter((finding) => finding !== undefined)
}

function describe(chain: readonly Step[], facts: TraceFacts): ReturnType<Detector>[number] | undefined {
  const nodes = chain.map(({ node }) => node)
  const durations = nodes.map(({ durationMicros }) => durationMicros)
  const total = durations.reduce((sum, duration) => sum + duration, 0)
  const longest = Math.max(...durations)
  const savedMicros = total - longest
  if (savedMicros < LEAST_SAVED_MICROS || facts.shareOfRoot(savedMicros) < LEAST_SAVED_SHARE) return undefined
  return facts.finding({
    id: 'sequential',
    level: chain.length >= WARNING_COUNT ? 'warning' : 'info',
    confidence: 'guess',
    key: chain.map(({ call }) => call.key).join('\n\n'),
    nodes,
    durationMicros: total,
    savedMicros,
    sentence:
      `${plural(chain.length, 'call')} one after another (${chain.map(({ call }) => quoted(call.label)).join(', ')}) take ${humanDuration(total)}; ` +
      `at once they would take ${humanDuration(longest)}, if none needs another's result: a trace cannot show that.`,
    advice: 'Start them together, and wait for all (Promise.all).',
  })
}

function chainsIn(parent: SpanNode, nodes: readonly SpanNode[], facts: TraceFacts): Step[][] {
  if (nodes.length < 2 || isGraphql(parent)) return []
  const chains: Step[][] = []
  let chain: Step[] = []
  let isInTransaction = false
  let hasWritten = false
  let reached = -Infinity
  const known = valuesAbove(parent, facts)
  const end = (): void => {
    if (chain.length > 1) chains.push(chain)
    chain = []
  }
  for (const node of nodes.toSorted((a, b) => a.startMicros - b.startMicros)) {
    const call = facts.calls.calls.get(node)
    if (call === undefined) continue
    if (call.access === 'control' && call.kind === 'database') isInTransaction = opensTransaction(call, isInTransaction)
    if (call.access === 'write' || call.access === 'definition' || call.access === 'other') hasWritten = true
    const isStep = call.access === 'read' && node.durationMicros >= SHORTEST_CALL_MICROS && facts.pathBelow(node) > 0
    const isFree = isStep && !isInTransaction && !hasWritten && node.startMicros >= reached
    if (!isFree || !follows(chain, node, call, known)) end()
    if (isFree) chain.push({ node, call })
    reached = Math.max(reached, node.endMicros ?? node.startMicros)
  }
  end()
  return chains
}

function opensTransaction({ key }: Call, isOpen: boolean): boolean {
  if (/\n(begin|start transaction)\b/.test(key)) return true
  return /\n(commit|rollback|end|abort)\b/.test(key) ? false : isOpen
}

function follows(chain: readonly Step[], node: SpanNode, call: Call, known: ReadonlySet<string>): boolean {
  const previous = chain.at(-1)
  if (previous === undefined) return true
  const pause = node.startMicros - (previous.node.endMicros ?? Infinity)
  const shorter = Math.min(node.durationMicros, previous.node.durationMicros)
  if (pause > Math.max(LONGEST_PAUSE_MICROS, shorter * LONGEST_PAUSE_SHARE)) return false
  if (chain.some((step) => step.call.key === call.key)) return false
  // What both name and nobody named before may be what the first answered.
  const values = valuesIn(node.span.attributes)
  const shared = (step: Step): boolean => {
    const others = valuesIn(step.node.span.attributes)
    return [...values].some((value) => others.has(value) && !known.has(value))
  }
  return !chain.some(shared)
}

/** What the request knew before its first call. */
function valuesAbove(parent: SpanNode, { calls }: TraceFacts): Set<string> {
  const known = new Set<string>()
  const request = calls.requestOf(parent)
  let node: SpanNode | undefined = parent
  for (
    let level = 0;
    node !== undefined && level < MOST_LEVELS;
    level++, node = node === request ? undefined : node.parent
  ) {
    for (const value of valuesIn(node.span.attributes)) known.add(value)
  }
  for (const value of valuesIn(parent.span.resource.attributes)) known.add(value)
  return known
}

/** Texts that may be values: ids in paths, queries and parameters. */
function valuesIn(attributes: Attributes): Set<string> {
  const values = new Set<string>()
  for (const [key, value] of Object.entries(attributes)) {
    if (
      !/^(url\.|http\.(url|target)|db\.(query|statement|operation)\.?parameter|db\.postgresql\.values|rpc\.|messaging\.)/.test(
        key,
      )
    )
      continue
    // The host and its port are no values.
    for (const part of flatText(value)
      .replace(/^[a-z]+:\/\/[^/?#]*/i, '')
      .split(/[^\p{L}\p{N}_-]+/u)) {
      if (part.length >= SHORTEST_VALUE && /\d/.test(part) && values.size < MOST_VALUES) values.add(part)
    }
  }
  return values
}

/** Its resolvers run in the order of the query's levels, whatever they call. */
function isGraphql({ span }: SpanNode): boolean {
  return Object.keys(span.attributes).some((key) => key.startsWith('graphql.')) || span.scope.name.includes('graphql')
}
