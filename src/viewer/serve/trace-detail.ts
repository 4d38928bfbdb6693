import type { Attributes, ReceivedResource, ReceivedScope, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import type { TraceDetail, WireSpan } from './wire.js'

/** Longer texts are cut in the answer with all spans; the answer with one span has them whole. */
const LONGEST_TEXT = 2048

/** With more spans only what the waterfall draws is sent. */
const MOST_WHOLE_SPANS = 20_000
const NOTHING = { attributes: {}, events: [], links: [] }

/** A trace for the page. Resources and scopes, which many spans share, are in it once each. */
export function traceDetail(store: TraceStore, traceId: string): Omit<TraceDetail, 'isPinned'> {
  const resources = new Numbered<ReceivedResource>()
  const scopes = new Numbered<ReceivedScope>()
  const received = store.spansOf(traceId)
  const isLight = received.length > MOST_WHOLE_SPANS
  const spans = received.map((span) => wireSpan(isLight ? { ...span, ...NOTHING } : span, resources, scopes))
  return { traceId, resources: resources.all, scopes: scopes.all, spans, logs: store.logsOf(traceId), isLight }
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

function wireSpan(
  span: ReceivedSpan,
  resources: Numbered<ReceivedResource>,
  scopes: Numbered<ReceivedScope>,
): WireSpan {
  const { traceId: _, parentSpanId, endMicros, resource, scope, ...rest } = span
  const cut = cutTexts(span.attributes)
  return {
    ...rest,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    ...(endMicros === undefined ? {} : { endMicros }),
    resource: resources.of(resource),
    scope: scopes.of(scope),
    ...cut,
  }
}

function cutTexts(attributes: Attributes): Pick<WireSpan, 'attributes' | 'cut'> {
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

/** One span with its texts whole. `id` is its place in the tree: the span id, with `#2` for a second one of that id. */
export function wholeSpan(store: TraceStore, traceId: string, id: string): ReceivedSpan | undefined {
  const [spanId, number = '1'] = id.split('#')
  return store.spansOf(traceId).filter((span) => span.spanId === spanId)[Number(number) - 1]
}
