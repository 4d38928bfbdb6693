import type { ReceivedSpan } from './otlp-sink.js'

type TreeSpan = Pick<
  ReceivedSpan,
  'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'kind' | 'startUnixNano' | 'resource'
>

/**
 * One line a span, children indented by two spaces under their parent: `SERVER GET /items/:id (service)`. Siblings, and
 * traces, stand in the order of their start; equal starts in the order of name and id. A span whose parent is not among
 * the spans says so, that a lost parent can't pass for a root.
 */
export function spanTree(spans: readonly TreeSpan[]): string[] {
  const ids = new Set(spans.map(({ traceId, spanId }) => key(traceId, spanId)))
  const children = new Map<string, TreeSpan[]>()
  for (const span of spans.toSorted(byStart)) {
    const parent = span.parentSpanId === undefined ? TOP : key(span.traceId, span.parentSpanId)
    const place = ids.has(parent) ? parent : TOP
    children.set(place, [...(children.get(place) ?? []), span])
  }
  const linesUnder = (parent: string, indent: string): string[] => {
    const found = children.get(parent) ?? []
    // Taken out, so that of a span that arrived twice only the first one has the children.
    children.delete(parent)
    return found.flatMap((span) => [
      indent + lineOf(span, parent === TOP),
      ...linesUnder(key(span.traceId, span.spanId), `${indent}  `),
    ])
  }
  const lines = linesUnder(TOP, '')
  if (lines.length !== spans.length) throw new Error(`${spans.length - lines.length} spans are their own ancestors`)
  return lines
}

const TOP = ''

function lineOf({ kind, name, resource, parentSpanId }: TreeSpan, isTop: boolean): string {
  const service = resource.attributes['service.name']
  const lost = isTop && parentSpanId !== undefined ? ' [parent not received]' : ''
  return `${kind} ${name} (${typeof service === 'string' ? service : 'unknown service'})${lost}`
}

function key(traceId: string, spanId: string): string {
  return `${traceId}/${spanId}`
}

function byStart(a: TreeSpan, b: TreeSpan): number {
  if (a.startUnixNano !== b.startUnixNano) return a.startUnixNano < b.startUnixNano ? -1 : 1
  return compare(a.name, b.name) || compare(a.spanId, b.spanId)
}

/** By code unit: the same on every machine, unlike localeCompare. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
