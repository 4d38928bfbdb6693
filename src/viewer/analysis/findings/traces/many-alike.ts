import type { SpanNode } from '../../span-node.js'
import type { Detector, TraceFacts } from '../facts.js'
import { quoted } from '../words.js'

const FEWEST = 50
const MANY_SPANS = 1_000

/** Many spans of one name that tell nothing apart. */
export const manyAlike: Detector = (facts) => {
  const { nodes } = facts.analysis
  const byName = Map.groupBy(nodes, ({ span }) => `${span.resource.service}\n${span.name}`)
  const fewest = facts.fewest('many-alike', FEWEST)
  let most = 0
  for (const { length } of byName.values()) most = Math.max(most, length)
  return Array.from(byName).flatMap(([key, alike]) => {
    const isMost = nodes.length > MANY_SPANS && alike.length === most
    if (!isMost && (alike.length < fewest || alike.some((node) => tellsApart(node, facts)))) return []
    const [first] = alike
    if (first === undefined) return []
    const instrumentation = /^@opentelemetry\/instrumentation-(.+)$/.exec(first.span.scope.name)?.[1]
    return facts.finding({
      id: 'many-alike',
      level: 'info',
      confidence: 'certain',
      key,
      nodes: alike,
      sentence: `${quoted(first.span.name)} is ${alike.length.toLocaleString('en')} of ${nodes.length.toLocaleString('en')} spans.`,
      advice:
        instrumentation === undefined
          ? 'Fewer, larger spans say more.'
          : `OTEL_NODE_DISABLED_INSTRUMENTATIONS=${instrumentation} leaves them out.`,
    })
  })
}

/** A statement or a URL is what one wants to see of each. */
function tellsApart(node: SpanNode, { calls }: TraceFacts): boolean {
  const call = calls.calls.get(node)
  return call !== undefined && call.kind !== 'other'
}
