import { drawTrace } from '../../console/drawing/waterfall.js'
import { clean, cut } from '../../console/drawing/terminal-text.js'
import { humanDuration } from '../../internal/text/human-duration.js'
import { descendantsOf, type SpanNode } from '../analysis/span-node.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Finding } from '../model/finding.js'
import type { Attributes, AttributeValue, ReceivedSpan } from '../model/received-span.js'
import { textOfValue } from '../query/values.js'
import { pieceOf } from '../text/draw.js'
import { isoTime, nameOf, traceReport } from '../text/trace-report.js'
import { ToolError } from './server.js'

/** Outlines fold what is alike, so that a trace of thousands of spans is some pages; beyond this nobody reads on. */
const MOST_SPANS_AT_ONCE = 5_000
const LONGEST_VALUE = 2_000
const OUTLINE_COLUMNS = 120

interface Wanted {
  readonly detail: 'outline' | 'path' | 'full'
  readonly span: string | undefined
}

interface Described {
  lines(): string[]
  json(): string
}

export function describeTrace(analysis: TraceAnalysis, findings: readonly Finding[], wanted: Wanted): Described {
  const top = wanted.span === undefined ? undefined : findSpan(analysis, wanted.span)
  const nodes = (top ? [top, ...descendantsOf(top)] : analysis.nodes).slice(0, MOST_SPANS_AT_ONCE)
  switch (wanted.detail) {
    case 'outline':
      return {
        lines: () => [...outline(nodes), ...findings.map(({ id, sentence }) => `${id}: ${clean(sentence)}`)],
        json: () => JSON.stringify(traceReport(analysis, findings)),
      }
    case 'path':
      return {
        lines: () => pathLines(analysis),
        json: () => JSON.stringify(traceReport(analysis, findings).criticalPath ?? null),
      }
    case 'full':
      // Of a span that was named, its own values; what is below it has an outline.
      return {
        lines: () => (top ? [top] : nodes).flatMap(({ span }) => spanLines(span)),
        json: () =>
          JSON.stringify(
            (top ? [top] : nodes).map(({ span }) => span),
            bigintsAsText,
          ),
      }
  }
}

function findSpan({ nodes }: TraceAnalysis, wanted: string): SpanNode {
  const found =
    nodes.find(({ id, span }) => id === wanted || span.spanId === wanted.toLowerCase()) ??
    nodes.find(({ span }) => span.name === wanted) ??
    nodes.find(({ span }) => span.name.toLowerCase().includes(wanted.toLowerCase()))
  if (!found) throw new ToolError(`the trace has no span ${wanted}: give an id, or a name that the outline has`)
  return found
}

function outline(nodes: readonly SpanNode[]): string[] {
  return drawTrace(pieceOf(nodes.map(({ span }) => span)), { columns: OUTLINE_COLUMNS, colours: false, bars: false })
}

function pathLines({ criticalPath }: TraceAnalysis): string[] {
  if (!criticalPath) return ['its main root has not ended, or did not arrive: there is no path']
  const { root, durationMicros, sections } = criticalPath
  const heading = `${clean(nameOf(root))} took ${humanDuration(durationMicros)}, which was spent in`
  const lines = sections.map(({ node, startMicros, endMicros, isAssumed }) => {
    const at = `+${humanDuration(startMicros - root.startMicros)}`
    const note = isAssumed ? '  (assumed: others ran beside it)' : ''
    const length = humanDuration(endMicros - startMicros)
    return `${at.padStart(8)}  ${length.padStart(7)}  ${cut(clean(nameOf(node)), 80)}  ${node.span.spanId}${note}`
  })
  return [heading, ...lines]
}

function spanLines(span: ReceivedSpan): string[] {
  const { traceId, spanId, parentSpanId, name, kind, status, statusMessage, startMicros, endMicros, resource } = span
  const duration = endMicros === undefined ? 'not ended' : humanDuration(endMicros - startMicros)
  return [
    `${clean(resource.service)} ${clean(name)}  ${spanId}`,
    `  trace ${traceId}  parent ${parentSpanId ?? 'none'}  ${kind}  ${isoTime(startMicros)}  ${duration}`,
    `  status ${status}${statusMessage === '' ? '' : `: ${clean(statusMessage)}`}`,
    ...attributeLines(span.attributes, '  '),
    ...span.events.flatMap((event) => [
      `  event ${clean(event.name)} at +${humanDuration(event.timeMicros - startMicros)}`,
      ...attributeLines(event.attributes, '    '),
    ]),
    ...span.links.flatMap((link) => [
      `  link to trace ${link.traceId} span ${link.spanId}`,
      ...attributeLines(link.attributes, '    '),
    ]),
    ...attributeLines(resource.attributes, '  resource '),
  ]
}

function attributeLines(attributes: Attributes, indent: string): string[] {
  return Object.entries(attributes).map(([key, value]) => `${indent}${clean(key)} = ${cutValue(value)}`)
}

function cutValue(value: AttributeValue): string {
  const text = textOfValue(value)
  const rest = text.length > LONGEST_VALUE ? ` … (${text.length} characters)` : ''
  return `${clean(text.slice(0, LONGEST_VALUE))}${rest}`
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
