import type { SpanNode } from '../../span-node.js'
import type { Detector } from '../facts.js'
import { listed, plural } from '../words.js'

/** What an SDK left out because of its limits. */
export const dropped: Detector = (facts) => {
  const incomplete = facts.analysis.nodes.filter(isIncomplete)
  const byService = Map.groupBy(incomplete, ({ span }) => span.resource.service)
  return Array.from(byService, ([service, nodes]) =>
    facts.finding({
      id: 'dropped',
      level: 'info',
      confidence: 'certain',
      key: service,
      nodes,
      durationMicros: 0,
      sentence: `The SDK of ${service} dropped ${lossOf(nodes)} of ${plural(nodes.length, 'span')}, because of its limits.`,
      advice: 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_SPAN_EVENT_COUNT_LIMIT and OTEL_SPAN_LINK_COUNT_LIMIT raise them.',
    }),
  )
}

function isIncomplete({ span }: SpanNode): boolean {
  return span.droppedAttributesCount > 0 || span.droppedEventsCount > 0 || span.droppedLinksCount > 0
}

function lossOf(nodes: readonly SpanNode[]): string {
  const sum = (of: (node: SpanNode) => number): number => nodes.reduce((total, node) => total + of(node), 0)
  const losses: [number, string][] = [
    [sum(({ span }) => span.droppedAttributesCount), 'attribute'],
    [sum(({ span }) => span.droppedEventsCount), 'event'],
    [sum(({ span }) => span.droppedLinksCount), 'link'],
  ]
  return listed(losses.filter(([count]) => count > 0).map(([count, what]) => plural(count, what)))
}
