/**
 * Spans as one OTLP export request, and what is known of it. The delivery thread is given a copy of the bytes, so
 * that who handed them over still has them when that thread dies. (Memory that is shared V8 does not count: it would be
 * collected far too late.)
 */
export interface EncodedBatch {
  /** Rising, and one of its kind for one delivery; no integer where the batch is a half of another. */
  readonly id: number
  /** An ExportTraceServiceRequest, in protobuf or in JSON. */
  readonly bytes: Uint8Array
  readonly spans: number
}
