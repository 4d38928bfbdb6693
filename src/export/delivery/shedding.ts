import { weighSpans } from './requests/spans-in-request.js'

export interface Shedding {
  readonly threshold: number
  /** False where even all spans that may go weigh less; the threshold lets all of them go then. */
  readonly isEnough: boolean
}

/**
 * The lowest threshold that frees so many bytes when the spans below it go. Takes time in proportion to what there is.
 *
 * @param stays whether the spans of this randomness stay all the same. Default: none do.
 */
export function thresholdThatFrees(
  bytes: number,
  requests: Iterable<Uint8Array>,
  stays?: (randomness: number) => boolean,
): Shedding {
  const randomness: number[] = []
  const weights: number[] = []
  let weighed = 0
  for (const request of requests) {
    weighSpans(request, (spanRandomness, weight) => {
      if (stays?.(spanRandomness)) return
      randomness.push(spanRandomness)
      weights.push(weight)
      weighed += weight
    })
  }
  return { threshold: bytes > 0 ? lowestThreshold(bytes, randomness, weights) : 0, isEnough: weighed >= bytes }
}

/** Quickselect by weight: each round looks only at the side where the threshold must be. Sorts the arrays in part. */
function lowestThreshold(bytes: number, randomness: number[], weights: number[]): number {
  let from = 0
  let to = randomness.length
  let needed = bytes
  let threshold = 0
  while (from < to) {
    const pivot = randomness[(from + to) >>> 1] ?? 0
    const { equal, above, weightBelow, weightEqual } = partition(randomness, weights, from, to, pivot)
    if (weightBelow >= needed) {
      to = equal
      continue
    }
    // Whichever threshold it is, all up to the pivot goes.
    threshold = pivot + 1
    needed -= weightBelow + weightEqual
    if (needed <= 0) break
    from = above
  }
  return threshold
}

interface Parted {
  /** Where what equals the pivot begins, and where what is above it. */
  readonly equal: number
  readonly above: number
  readonly weightBelow: number
  readonly weightEqual: number
}

function partition(randomness: number[], weights: number[], from: number, to: number, pivot: number): Parted {
  let equal = from
  let above = to
  let weightBelow = 0
  let weightEqual = 0
  for (let at = from; at < above;) {
    const value = randomness[at] ?? 0
    const weight = weights[at] ?? 0
    if (value < pivot) {
      weightBelow += weight
      swap(randomness, weights, at++, equal++)
    } else if (value > pivot) swap(randomness, weights, at, --above)
    else {
      weightEqual += weight
      at++
    }
  }
  return { equal, above, weightBelow, weightEqual }
}

function swap(randomness: number[], weights: number[], a: number, b: number): void {
  const value = randomness[a] ?? 0
  randomness[a] = randomness[b] ?? 0
  randomness[b] = value
  const weight = weights[a] ?? 0
  weights[a] = weights[b] ?? 0
  weights[b] = weight
}
