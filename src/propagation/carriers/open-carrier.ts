/**
 * A carrier whose kind is known. Names are compared without regard to case. The methods may throw whatever the carrier
 * throws: only src/propagation/carrier.ts calls them, and it is on guard.
 */
export interface OpenCarrier {
  keys(): string[]
  /** What the carrier has under that name (in lower case): text, bytes, a list of these, or anything else. */
  get(name: string): unknown
  /** Replaces what is there. False when the carrier does not take it. */
  set(name: string, value: string): boolean
  /** What the caller gets instead of the carrier, where that can't be changed. */
  replacement?(): object
}

/** Undefined when the carrier is not of this kind. */
export type CarrierKind = (carrier: object) => OpenCarrier | undefined
