import type { ReceivedSpan } from '../model/received-span.js'

/** W3C's header for a request that is to be part of this trace. */
export function traceparentOf({ traceId, spanId }: Pick<ReceivedSpan, 'traceId' | 'spanId'>): string {
  return `00-${traceId}-${spanId.padStart(16, '0').slice(-16)}-01`
}
