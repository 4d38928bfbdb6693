import type { SpanNode } from './span-node.js'

const LEAST_TOLERANCE_MICROS = 1_000
const TOLERANCE_SHARE = 0.01

/**
 * Whether the parent waited for the child, as far as their times tell. A message's consumer never holds its producer
 * up, and what ends well after its parent was not waited for; a server may, where the client got the answer before
 * the server was done with it, and then counts for as long as the client waited.
 */
export function blocks(parent: SpanNode, child: SpanNode): boolean {
  if (parent.endMicros === undefined || child.endMicros === undefined) return false
  const overlap = Math.min(parent.endMicros, child.endMicros) - Math.max(parent.startMicros, child.startMicros)
  if (!(overlap > 0)) return false
  if (parent.span.kind === 'producer' && child.span.kind === 'consumer') return false
  if (parent.span.kind === 'client' && child.span.kind === 'server') return true
  return child.endMicros <= parent.endMicros + toleranceOf(parent)
}

/** Clocks of browsers and of OpenTelemetry JS count whole milliseconds. */
export function toleranceOf(parent: SpanNode): number {
  return Math.max(LEAST_TOLERANCE_MICROS, parent.durationMicros * TOLERANCE_SHARE)
}
