import type { Attributes, AttributeValue, ReceivedLog, ReceivedSpan } from '../model/received-span.js'

// What objects take in V8, rounded up: by the heap's growth over 200,000 spans of an HTTP server, 614 bytes each.
const SPAN_BYTES = 320
const PART_BYTES = 120
const VALUE_BYTES = 20
/** A trace's own, and its place among the others. */
export const TRACE_BYTES = 800

/** About how much memory a span takes. What it shares with others (its resource and scope) is left out. */
export function spanBytes(span: ReceivedSpan): number {
  let bytes = SPAN_BYTES + span.name.length + span.traceState.length + span.statusMessage.length
  bytes += attributesBytes(span.attributes)
  for (const event of span.events) bytes += PART_BYTES + event.name.length + attributesBytes(event.attributes)
  for (const link of span.links) bytes += PART_BYTES + attributesBytes(link.attributes)
  return bytes
}

export function logBytes(log: ReceivedLog): number {
  return PART_BYTES + valueBytes(log.body) + attributesBytes(log.attributes)
}

function attributesBytes(attributes: Attributes): number {
  let bytes = 0
  for (const key in attributes) bytes += valueBytes(attributes[key])
  return bytes
}

function valueBytes(value: AttributeValue | undefined): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length
  if (typeof value !== 'object' || value === null) return VALUE_BYTES
  if (!Array.isArray(value)) return VALUE_BYTES + attributesBytes(value as Attributes)
  let bytes = VALUE_BYTES
  for (const item of value as readonly AttributeValue[]) bytes += valueBytes(item)
  return bytes
}
