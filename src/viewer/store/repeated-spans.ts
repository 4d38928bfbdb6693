import type { ReceivedSpan } from '../model/received-span.js'

/** What of an arrival a trace does not have yet. */
export interface NewSpans {
  readonly fresh: readonly ReceivedSpan[]
  /** Spans that are there without an end, and arrived with one: all spans of the trace as they are now. */
  readonly amended?: { readonly all: readonly ReceivedSpan[]; readonly spans: readonly ReceivedSpan[] }
}

/**
 * An exporter that had no answer sends its spans again. They count once; of a span that had no end the later one is kept. Spans
 * that differ in more have the same id by mistake, or are Zipkin's two halves of a call: both are kept. `known` has the ids of
 * the trace's spans, and gets the new ones.
 */
export function withoutRepeated(
  arrived: readonly ReceivedSpan[],
  known: Set<string>,
  stored: () => readonly ReceivedSpan[],
): NewSpans {
  const fresh: ReceivedSpan[] = []
  const amended = new Map<ReceivedSpan, ReceivedSpan>()
  let before: readonly ReceivedSpan[] = []
  let byIdentity: Map<string, ReceivedSpan> | undefined
  for (const span of arrived) {
    if (!known.has(span.spanId)) {
      known.add(span.spanId)
      fresh.push(span)
      byIdentity?.set(identityOf(span), span)
      continue
    }
    if (!byIdentity) {
      before = stored()
      byIdentity = new Map([...before, ...fresh].map((each) => [identityOf(each), each]))
    }
    const same = byIdentity.get(identityOf(span))
    if (same && (same.endMicros !== undefined || span.endMicros === undefined)) continue
    byIdentity.set(identityOf(span), span)
    const place = same ? fresh.indexOf(same) : fresh.length
    if (place >= 0) fresh[place] = span
    else if (same) amended.set(same, span)
  }
  if (amended.size === 0) return { fresh }
  return { fresh, amended: { all: before.map((span) => amended.get(span) ?? span), spans: [...amended.values()] } }
}

function identityOf({ spanId, startMicros, kind, name, resource }: ReceivedSpan): string {
  return `${spanId}\n${startMicros}\n${kind}\n${name}\n${resource.service}`
}
