import type { SpanNode } from '../../analysis/span-node.js'
import type { ReceivedSpan } from '../../model/received-span.js'
import { get } from './server.js'

/** A span with all its attributes, and long values whole. */
export async function wholeSpan({ span, id }: SpanNode): Promise<ReceivedSpan> {
  const answer = await get<{ span: ReceivedSpan }>(`/api/traces/${span.traceId}/spans/${encodeURIComponent(id)}`)
  return { ...span, ...answer.span }
}
