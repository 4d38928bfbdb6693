/**
 * Spans as one OTLP export request, and what is known of it. The bytes are in shared memory: the delivery thread sends
 * them, and who handed them over still has them when that thread dies.
 */
export interface EncodedBatch {
  /** Rising, and one of its kind for one delivery. */
  readonly id: number
  /** An ExportTraceServiceRequest, in protobuf or in JSON. */
  readonly bytes: Uint8Array
  readonly spans: number
}
