import { downscaled } from './exponential-histogram.js'
import type { Series } from './series.js'

/** A histogram with exponential buckets, at one moment. */
interface ExponentialPoint {
  readonly scale: number
  readonly offset: number
  readonly counts: readonly number[]
  readonly zeroCount: number
}

/** What a series has counted, at one moment or between two. */
export interface Point {
  readonly calls: number
  readonly sumSeconds: number
  /** Undefined between two moments: nobody has remembered them. */
  readonly min: number | undefined
  readonly max: number | undefined
  readonly counts: readonly number[] | undefined
  readonly exponential: ExponentialPoint | undefined
}

export function pointOf({ calls, sumSeconds, min, max, explicit, exponential }: Series): Point {
  return {
    calls,
    sumSeconds,
    min,
    max,
    counts: explicit && [...explicit.counts],
    exponential: exponential && {
      scale: exponential.scale,
      offset: exponential.offset,
      counts: [...exponential.counts],
      zeroCount: exponential.zeroCount,
    },
  }
}

/** What came between two points of a series. */
export function pointSince(before: Point, now: Point): Point {
  return {
    calls: now.calls - before.calls,
    sumSeconds: now.sumSeconds - before.sumSeconds,
    min: undefined,
    max: undefined,
    counts: now.counts?.map((count, bucket) => count - (before.counts?.[bucket] ?? 0)),
    exponential: now.exponential && before.exponential && exponentialSince(before.exponential, now.exponential),
  }
}

/** The scale may have fallen meanwhile; it never rises. */
function exponentialSince(before: ExponentialPoint, now: ExponentialPoint): ExponentialPoint {
  const change = before.scale - now.scale
  const earlier = downscaled(before, change)
  const shift = now.offset - (before.offset >> change)
  const counts = now.counts.map((count, bucket) => count - (earlier[bucket + shift] ?? 0))
  return { scale: now.scale, offset: now.offset, counts, zeroCount: now.zeroCount - before.zeroCount }
}
