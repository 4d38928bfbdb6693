import type { ReceivedSpan } from '../model/received-span.js'
import type { SpanColumns } from './wire.js'

/** What the waterfall draws of spans: a fifth of what the same takes as objects, to send and to read. */
export function spanColumns(
  spans: readonly ReceivedSpan[],
  placeOf: (span: ReceivedSpan) => readonly [resource: number, scope: number],
): SpanColumns {
  const places = new Map(spans.map(({ spanId }, index) => [spanId, index]))
  const texts: string[] = []
  const numbers = new Map<string, number>()
  const numberOf = (text: string): number => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, texts.length)
    return texts.push(text) - 1
  }
  const base = spans[0]?.startMicros ?? 0
  return {
    base,
    texts,
    ids: spans.map(({ spanId }) => spanId),
    parents: spans.map(({ parentSpanId: id }) => (id === undefined ? null : (places.get(id) ?? id))),
    names: spans.map(({ name }) => numberOf(name)),
    kinds: spans.map(({ kind }) => numberOf(kind)),
    statuses: spans.map(({ status }) => numberOf(status)),
    starts: spans.map(({ startMicros }) => startMicros - base),
    durations: spans.map(({ startMicros, endMicros }) => (endMicros === undefined ? null : endMicros - startMicros)),
    resources: spans.map((span) => placeOf(span)[0]),
    scopes: spans.map((span) => placeOf(span)[1]),
    statusMessages: sparse(spans, ({ statusMessage }) => statusMessage),
    traceStates: sparse(spans, ({ traceState }) => traceState),
  }
}

function sparse(spans: readonly ReceivedSpan[], textOf: (span: ReceivedSpan) => string): Record<number, string> {
  const texts: Record<number, string> = {}
  spans.forEach((span, index) => {
    const text = textOf(span)
    if (text !== '') texts[index] = text
  })
  return texts
}
