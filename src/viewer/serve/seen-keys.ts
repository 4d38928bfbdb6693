import type { AttributeValue, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import type { SeenKeys } from '../query/suggest.js'

/** The newest traces say what is worth suggesting. */
const MOST_TRACES = 300
const MOST_SPANS = 5000
const MOST_KEYS = 300
const MOST_VALUES = 30
/** Longer values are of no help while typing. */
const LONGEST_VALUE = 80

/** Keys of the query language, of which values are suggested, too. */
const OWN_KEYS: ReadonlySet<string> = new Set(['service', 'name', 'root', 'run'])

/** Keys and values of the newest spans, the most frequent first. */
export function seenKeysIn(store: TraceStore): SeenKeys {
  const counts = new Map<string, Map<string, number>>()
  let spans = 0
  for (const { traceId, run } of store.summaries({ limit: MOST_TRACES })) {
    if (run !== '') add(counts, 'run', run)
    for (const span of store.spansOf(traceId)) {
      if (++spans > MOST_SPANS) break
      count(span, counts)
    }
  }
  const byFrequency = [...counts].sort(([, a], [, b]) => total(b) - total(a)).slice(0, MOST_KEYS)
  return {
    keys: byFrequency.map(([key]) => key).filter((key) => !OWN_KEYS.has(key)),
    values: Object.fromEntries(
      byFrequency.map(([key, values]) => [
        key,
        [...values]
          .sort(([, a], [, b]) => b - a)
          .slice(0, MOST_VALUES)
          .map(([value]) => value),
      ]),
    ),
  }
}

function count(span: ReceivedSpan, counts: Map<string, Map<string, number>>): void {
  add(counts, 'service', span.resource.service)
  add(counts, 'name', span.name)
  if (span.parentSpanId === undefined) add(counts, 'root', span.name)
  for (const [key, value] of Object.entries(span.attributes)) add(counts, key, value)
}

function add(counts: Map<string, Map<string, number>>, key: string, value: AttributeValue): void {
  const values = counts.get(key) ?? new Map<string, number>()
  counts.set(key, values)
  if (value === null || typeof value === 'object') return
  const text = String(value)
  if (text.length > LONGEST_VALUE || (values.size > 1000 && !values.has(text))) return
  values.set(text, (values.get(text) ?? 0) + 1)
}

function total(values: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const each of values.values()) sum += each
  return sum
}
