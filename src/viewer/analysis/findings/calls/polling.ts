import type { SpanNode } from '../../span-node.js'

const SHORTEST_PAUSE_MICROS = 10_000
const EQUAL_PAUSES = 0.1

/** Asked again at equal intervals, it waits for something. */
export function isPolling(nodes: readonly SpanNode[]): boolean {
  if (nodes.length < 3) return false
  const pauses = nodes.slice(1).map(({ startMicros }, index) => startMicros - (nodes[index]?.endMicros ?? startMicros))
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
  return mean > SHORTEST_PAUSE_MICROS && pauses.every((pause) => Math.abs(pause - mean) <= mean * EQUAL_PAUSES)
}
