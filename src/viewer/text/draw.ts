import type { DrawnSpan } from '../../console/drawn-span.js'
import type { TracePiece } from '../../console/trace-piece.js'
import type { ReceivedSpan } from '../model/received-span.js'

/** The spans of one trace as the waterfall takes them. */
export function pieceOf(spans: readonly ReceivedSpan[]): TracePiece<DrawnSpan> {
  const open = spans.filter(({ endMicros }) => endMicros === undefined)
  return {
    spans: spans.filter(({ endMicros }) => endMicros !== undefined),
    ...(open.length > 0 ? { open } : undefined),
  }
}
