import type { TraceState } from '@opentelemetry/api'
import { LONGEST_PART, ownTraceState, parseTraceState } from './trace-state.js'

/*
 * Consistent probability sampling, specification "TraceState: Probability Sampling". A trace has 56 bits of randomness R,
 * a sampler a threshold T; the trace is kept iff R ≥ T, so that a span of a kept trace stands for 1 / P(R ≥ T) spans.
 *
 * A threshold is handled as the text that travels in `ot=th:…`: one to fourteen lowercase hex digits of which trailing
 * zeros are left out. `'0'` keeps everything; there is no text for "nothing".
 */

const DIGITS = 14
const TWO_TO_28 = 2 ** 28
const TWO_TO_56 = 2 ** 56
/** Where the randomness begins in a trace id. */
const ID_OFFSET = 32 - DIGITS

/** The threshold that keeps everything: each span counts once. */
export const KEEP_ALL = '0'

/**
 * The threshold of a probability from above 0 to 1. Four digits are kept after the leading `f`s, rounded half up, which
 * holds the probability to 2^-13 of itself and the text short; anything below 2^-56 counts as 2^-56.
 */
export function encodeThreshold(probability: number): string {
  // Exact at any size: to scale by a power of two loses no bit, and Math.round of a double above 2^53 is itself.
  const kept = Math.min(Math.max(1, Math.round(probability * TWO_TO_56)), TWO_TO_56)
  const exact = (BigInt(TWO_TO_56) - BigInt(kept)).toString(16).padStart(DIGITS, '0')
  const leading = /^f*/.exec(exact)?.[0].length ?? 0
  const droppedBits = BigInt(4 * Math.max(0, DIGITS - leading - 4))
  // Cannot reach 2^56: a carry ends in the first digit that is not f.
  const rounded = ((BigInt(`0x${exact}`) + ((1n << droppedBits) >> 1n)) >> droppedBits) << droppedBits
  return thresholdFromBigInt(rounded)
}

/** The whole threshold as a number below 2^56, as the interfaces of OpenTelemetry want it; without rounding. */
export function thresholdToBigInt(threshold: string): bigint {
  return BigInt(`0x${threshold.padEnd(DIGITS, '0')}`)
}

/** The text of a threshold from 0 to 2^56 - 1; without rounding. */
export function thresholdFromBigInt(threshold: bigint): string {
  return canonical(threshold.toString(16).padStart(DIGITS, '0'))
}

/** The probability, above 0 to 1, that a uniform R is at or above the threshold. */
export function probabilityOf(threshold: string): number {
  const digits = threshold.padEnd(DIGITS, '0')
  const high = parseInt(digits.slice(0, 7), 16)
  const low = parseInt(digits.slice(7), 16)
  return ((TWO_TO_28 - high) * TWO_TO_28 - low) / TWO_TO_56
}

/** How many spans a span kept at this threshold stands for; `c` → 4, `0` → 1. */
export function adjustedCountOf(threshold: string): number {
  return 1 / probabilityOf(threshold)
}

/**
 * Whether R ≥ T, where R is `rv` if given and else the end of the trace id. Allocates nothing. Hex digits compare as
 * their characters do; `| 32` makes the capitals that B3 may bring small.
 */
export function isKept(traceId: string, threshold: string, rv?: string): boolean {
  const text = rv ?? traceId
  const offset = rv === undefined ? ID_OFFSET : 0
  for (let i = 0; i < threshold.length; i++) {
    const difference = (text.charCodeAt(offset + i) | 32) - threshold.charCodeAt(i)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** R as fourteen lowercase hex digits. Texts of this length order as the numbers do. */
export function randomnessOf(traceId: string, rv?: string): string {
  return rv ?? traceId.slice(ID_OFFSET).toLowerCase()
}

/** Below 0, 0 or above 0, as `a` keeps more, the same or less than `b`. Both canonical, or of full length. */
export function compareThresholds(a: string, b: string): number {
  // Digits compare as characters, and a missing digit is a zero: a prefix comes first, and is equal only if all.
  return a === b ? 0 : a < b ? -1 : 1
}

/** What two stages in a row leave over: the threshold that keeps less. */
export function stricterThreshold(a: string, b: string): string {
  return compareThresholds(a, b) >= 0 ? a : b
}

/** A `th` value in its shortest form, or undefined where it is not one to fourteen lowercase hex digits. */
export function parseThreshold(value: string | undefined): string | undefined {
  return value !== undefined && /^[0-9a-f]{1,14}$/.test(value) ? canonical(value) : undefined
}

/** An `rv` value, or undefined where it is not exactly fourteen lowercase hex digits. */
export function parseRandomness(value: string | undefined): string | undefined {
  return value !== undefined && /^[0-9a-f]{14}$/.test(value) ? value : undefined
}

/** The valid threshold in the `ot` member, in its shortest form. */
export function thresholdIn(state: TraceState | undefined): string | undefined {
  const ot = state?.get('ot')
  return ot === undefined ? undefined : parseThreshold(fieldOf(ot, 'th:'))
}

/** The valid explicit randomness in the `ot` member. */
export function rvIn(state: TraceState | undefined): string | undefined {
  const ot = state?.get('ot')
  return ot === undefined ? undefined : parseRandomness(fieldOf(ot, 'rv:'))
}

/**
 * The trace state with this threshold; `rv` and keys we do not know stay as they are. Where the state is full, long and
 * then rightmost members make room, as W3C Trace Context asks. Where `ot` itself is full, the threshold is left out.
 */
export function withThreshold(state: TraceState | undefined, threshold: string): TraceState {
  if (state === undefined) return parseTraceState(`ot=th:${threshold}`)
  // Anybody else's state becomes one of ours: OpenTelemetry's own cannot make room for a member.
  const own = ownTraceState(state)
  const ot = own.get('ot')
  const others = ot === undefined ? '' : withoutTh(ot)
  const value = others === '' ? `th:${threshold}` : `th:${threshold};${others}`
  return value.length > LONGEST_PART ? withoutThreshold(own) : own.set('ot', value)
}

/** The trace state without a threshold, valid or not; the same object where there is none. */
export function withoutThreshold(state: TraceState): TraceState {
  const ot = state.get('ot')
  if (!ot?.includes('th:')) return state
  const others = withoutTh(ot)
  if (others === ot) return state
  return others === '' ? state.unset('ot') : ownTraceState(state).set('ot', others)
}

function canonical(digits: string): string {
  let end = digits.length
  while (end > 1 && digits.charCodeAt(end - 1) === 48) end--
  return digits.slice(0, end)
}

/** The value of a key that is there once. Twice says two things, so neither is believed. */
function fieldOf(ot: string, key: 'th:' | 'rv:'): string | undefined {
  if (!ot.includes(key) || ot.length > LONGEST_PART) return undefined
  let found: string | undefined
  for (const field of ot.split(';')) {
    if (!field.startsWith(key)) continue
    if (found !== undefined) return undefined
    found = field.slice(3)
  }
  return found
}

/** What else `ot` has. A space before the threshold cannot stay: no value ends with one. */
function withoutTh(ot: string): string {
  const fields = ot.split(';')
  const others = fields.filter((field) => !field.startsWith('th:'))
  return others.length === fields.length ? ot : others.join(';').trimEnd()
}
