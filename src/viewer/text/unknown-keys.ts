import type { TraceStore } from '../model/trace-store.js'
import type { Query } from '../query/query.js'
import { unknownKeys } from '../query/suggest.js'
import { holdsForKey } from '../query/values.js'
import { seenKeysIn } from '../serve/seen-keys.js'

/** Why a query finds nothing: keys that no span has, each with those that are written alike. */
export function unknownKeyLines(query: Query | undefined, store: TraceStore): string[] {
  if (!query?.expression) return []
  return unknownKeys(query, seenKeysIn(store))
    .filter(({ key }) => !isInStore(key, store))
    .map(({ key, instead }) => {
      return `no span has the key ${key}${instead.length > 0 ? `; did you mean ${instead.join(', ')}?` : ''}`
    })
}

/** What is suggested is of the newest spans, and of their own attributes; a key can be anywhere. */
function isInStore(key: string, store: TraceStore): boolean {
  return store
    .summaries()
    .some(({ traceId }) => store.spansOf(traceId).some((span) => holdsForKey(span, key, () => true, false)))
}
