/*
 * What reading the spans of an encoded request comes to, whichever the format.
 */

/** So many bytes go when all spans go whose randomness is at most this one. */
export type Weigh = (randomness: number, bytes: number) => void

/** A request without some of its spans; `rest` is undefined where none is left. */
export interface Thinned {
  readonly rest: Uint8Array | undefined
  readonly dropped: number
}

/** Whether a span with this randomness goes. */
export type Goes = (randomness: number) => boolean
