import type { Attributes, ReceivedResource, ReceivedScope, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import { spanColumns } from './span-columns.js'
import { LARGE_TRACE_SPANS } from './trace-opening.js'
import type { TraceDetail, WireSpan } from './wire.js'

/** Longer texts are cut in the answer with all spans; the answer with one span has them whole. */
const LONGEST_TEXT = 2048

/** A trace for the page. Resources and scopes, which many spans share, are in it once each. */
export function traceDetail(store: TraceStore, traceId: string): Omit<TraceDetail, 'isPinned'> {
  const resources = new Numbered<ReceivedResource>()
  const scopes = new Numbered<ReceivedScope>()
  const received = store.spansOf(traceId)
  const placeOf = (span: ReceivedSpan): [number, number] => [resources.of(span.resource), scopes.of(span.scope)]
  const spans =
    received.length > LARGE_TRACE_SPANS
      ? { spans: [], columns: spanColumns(received, placeOf) }
      : { spans: received.map((span) => wireSpan(span, ...placeOf(span))) }
  const run = store.summaryOf(traceId)?.run ?? ''
  return { traceId, run, resources: resources.all, scopes: scopes.all, ...spans, logs: store.logsOf(traceId) }
}

class Numbered<Item> {
  readonly all: Item[] = []
  readonly #numbers = new Map<Item, number>()

  of(item: Item): number {
    const known = this.#numbers.get(item)
    if (known !== undefined) return known
    this.#numbers.set(item, this.all.length)
    return this.all.push(item) - 1
  }
}

/** What is empty is left out. */
function wireSpan(span: ReceivedSpan, resource: number, scope: number): WireSpan {
  const { spanId, parentSpanId, name, kind, startMicros, endMicros, status, traceState, statusMessage } = span
  return {
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind,
    startMicros,
    ...(endMicros === undefined ? {} : { endMicros }),
    status,
    ...(traceState === '' ? {} : { traceState }),
    ...(statusMessage === '' ? {} : { statusMessage }),
    resource,
    scope,
    ...contentOf(span),
  }
}

function contentOf(span: ReceivedSpan): Partial<WireSpan> {
  const { events, links, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span
  return {
    ...cutTexts(span.attributes),
    ...(events.length > 0 ? { events } : {}),
    ...(links.length > 0 ? { links } : {}),
    ...(droppedAttributesCount > 0 ? { droppedAttributesCount } : {}),
    ...(droppedEventsCount > 0 ? { droppedEventsCount } : {}),
    ...(droppedLinksCount > 0 ? { droppedLinksCount } : {}),
  }
}

function cutTexts(attributes: Attributes): Partial<WireSpan> {
  let shortened: Record<string, Attributes[string]> | undefined
  const cut: Record<string, number> = {}
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value !== 'string' || value.length <= LONGEST_TEXT) continue
    shortened ??= { ...attributes }
    shortened[key] = `${value.slice(0, LONGEST_TEXT)}…`
    cut[key] = value.length
  }
  return shortened ? { attributes: shortened, cut } : { attributes }
}
