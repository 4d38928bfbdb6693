import type { EncodedBatch } from '../queued-batch.js'
import type { Goes, Thinned, Weigh } from './randomness.js'
import { thinJson, weighJson } from './spans-in-json.js'
import { thinProtobuf, weighProtobuf } from './spans-in-protobuf.js'

/*
 * Encoded requests, read without decoding all of them. Bytes that are no request never throw: they count as one trace of
 * randomness 0. A message has no randomness to compare but by its spans, so a resource or scope goes with its last one.
 */

type SpanBytes = Pick<EncodedBatch, 'bytes' | 'spans'>

/** Reports the bytes of each span, and of each resource and scope. */
export function weighSpans(bytes: Uint8Array, weigh: Weigh): void {
  const weights = weightsIn(bytes)
  for (let at = 0; at < weights.length; at += 2) weigh(weights[at] ?? 0, weights[at + 1] ?? 0)
}

/**
 * The request without the spans whose randomness is below the threshold; the same bytes where there are none, else new
 * ones. Fields that we do not know stay.
 */
export function withoutSpans({ bytes, spans }: SpanBytes, goes: Goes): Thinned {
  try {
    const { rest, dropped } = isJson(bytes) ? thinJson(bytes, goes) : thinProtobuf(bytes, goes)
    if (rest) return { rest, dropped: Math.min(dropped, spans) }
  } catch {
    // As where nothing is left.
  }
  return { rest: undefined, dropped: spans }
}

/**
 * Two requests with half of the spans each, in their order; undefined where there are not two, or the bytes can't be read. Of
 * metrics, which may have many data points each, the count of the halves is an estimate, and their sum is right.
 */
export function halvesOf({ bytes, spans }: SpanBytes): readonly SpanBytes[] | undefined {
  let count = 0
  withoutSpans({ bytes, spans }, () => ++count < 0)
  const most = Math.ceil(count / 2)
  const [first, second] = [part(bytes, 0, most), part(bytes, most, count)]
  if (!first || !second) return undefined
  const ofFirst = Math.round((spans * most) / count)
  return [
    { bytes: first, spans: ofFirst },
    { bytes: second, spans: spans - ofFirst },
  ]
}

/** The request with the spans from one place to another. */
function part(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
  let at = -1
  return withoutSpans({ bytes, spans: to }, () => ++at < from || at >= to).rest
}

/** Randomness and bytes in turn. */
function weightsIn(bytes: Uint8Array): number[] {
  const weights: number[] = []
  const keep: Weigh = (randomness, weight) => weights.push(randomness, weight)
  try {
    if (isJson(bytes)) weighJson(bytes, keep)
    else weighProtobuf(bytes, keep)
  } catch {
    // What was weighed before the bytes turned out to be wrong does not count.
    weights.length = 0
  }
  // A request that has no spans, or is none, can only go as a whole.
  return weights.length > 0 ? weights : [0, bytes.byteLength]
}

function isJson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b
}
