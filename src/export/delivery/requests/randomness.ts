import { randomnessOf, rvIn } from '../../../internal/trace-state/threshold.js'
import { parseTraceState } from '../../../internal/trace-state/trace-state.js'

/*
 * Randomness as a number: of the fourteen hex digits of R the first thirteen, which are 52 bits and so exact in a double.
 * Traces that differ in the last digit only are kept and shed together; nothing is lost by that.
 */
const DIGITS = 13

/** The last seven bytes of a trace id that ends before `end`. */
export function randomnessOfBytes(bytes: Uint8Array, end: number): number {
  const byte = (fromEnd: number): number => bytes[end - fromEnd] ?? 0
  const high = (byte(7) << 16) | (byte(6) << 8) | byte(5)
  const low = (byte(4) << 20) | (byte(3) << 12) | (byte(2) << 4) | (byte(1) >> 4)
  return high * 2 ** 28 + low
}

/** Of a trace id in hex; 0 where it is none. */
export function randomnessOfId(traceId: string): number {
  return /^[0-9a-f]{32}$/i.test(traceId) ? fromDigits(randomnessOf(traceId)) : 0
}

/** The explicit randomness in a trace state as it travels, which takes precedence over that of the trace id. */
export function explicitRandomness(traceState: string): number | undefined {
  if (!traceState.includes('rv:')) return undefined
  const rv = rvIn(parseTraceState(traceState))
  return rv === undefined ? undefined : fromDigits(rv)
}

function fromDigits(randomness: string): number {
  return parseInt(randomness.slice(0, DIGITS), 16)
}

/*
 * What reading the spans of an encoded request comes to, whichever the format.
 */

/** The bytes that are freed when all spans go whose randomness is at most this one. */
export type Weigh = (randomness: number, bytes: number) => void

/** A request without some of its spans; `rest` is undefined where none is left. */
export interface Thinned {
  readonly rest: Uint8Array | undefined
  readonly dropped: number
}

/** Whether a span with this randomness goes. */
export type Goes = (randomness: number) => boolean
