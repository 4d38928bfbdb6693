import type { TraceStore } from '../model/trace-store.js'
import type { LinkHere } from './wire.js'

/** More nobody reads; a fan-in of thousands is one queue. */
const MOST_LINKS = 500

/** Spans whose links lead to a trace: those of messages that were taken from a queue, of retries, of batches. Newest first. */
export function linksTo(traceId: string, store: TraceStore): LinkHere[] {
  const found: LinkHere[] = []
  for (const { traceId: from } of store.eachSummary(({ linkedTraces }) => linkedTraces.includes(traceId))) {
    for (const { spanId, name, resource, links } of store.spansOf(from)) {
      for (const link of links) {
        if (link.traceId !== traceId) continue
        found.push({ to: link.spanId, traceId: from, spanId, service: resource.service, name })
        if (found.length === MOST_LINKS) return found
      }
    }
  }
  return found
}
