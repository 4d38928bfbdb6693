import type { EncodedBatch } from '../batch.js'
import type { Goes, Thinned, Weigh } from './request-format.js'
import { thinJson, weighJson } from './spans-in-json.js'
import { thinProtobuf, weighProtobuf } from './spans-in-protobuf.js'

/*
 * Encoded requests, read without decoding all of them. Bytes that are no request never throw: they count as one trace of
 * randomness 0. A message has no randomness to compare but by its spans, so a resource or scope goes with its last one.
 */

/** Tells of each span what it weighs, and of each resource and scope what it weighs besides. */
export function weighSpans(bytes: Uint8Array, weigh: Weigh): void {
  const weights = weightsIn(bytes)
  for (let at = 0; at < weights.length; at += 2) weigh(weights[at] ?? 0, weights[at + 1] ?? 0)
}

/**
 * The request without the spans whose randomness is below the threshold; the same bytes where there are none, else new
 * ones. Fields that we do not know stay.
 */
export function withoutSpans({ bytes, spans }: Pick<EncodedBatch, 'bytes' | 'spans'>, goes: Goes): Thinned {
  try {
    const { rest, dropped } = isJson(bytes) ? thinJson(bytes, goes) : thinProtobuf(bytes, goes)
    if (rest) return { rest, dropped: Math.min(dropped, spans) }
  } catch {
    // As where nothing is left.
  }
  return { rest: undefined, dropped: spans }
}

export function withoutSpansBelow(batch: Pick<EncodedBatch, 'bytes' | 'spans'>, threshold: number): Thinned {
  if (!(threshold > 0)) return { rest: batch.bytes, dropped: 0 }
  return withoutSpans(batch, (randomness) => randomness < threshold)
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
