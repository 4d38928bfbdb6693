import type { HrTime } from '@opentelemetry/api'
import type { ByteWriter } from '../protobuf/byte-writer.js'

const NANOS_PER_SECOND = 1_000_000_000
// 10^9 is 5^9 × 2^9: seconds × 5^9 stays a safe integer until the year 2116, and the shift by nine is exact.
const FIVE_TO_9 = 1_953_125
const TWO_TO_9 = 512
const TWO_TO_23 = 2 ** 23
const LAST_SECOND = Math.floor(Number.MAX_SAFE_INTEGER / FIVE_TO_9)
const TWO_TO_32 = 2 ** 32

/** Nanoseconds since 1970 as fixed64. A time before that, or not a number, is left out: the field has no sign. */
export function writeTime(writer: ByteWriter, tag: number, time: HrTime): void {
  const seconds = time[0]
  const nanos = time[1]
  if (!(seconds >= 0 && seconds <= LAST_SECOND && nanos >= 0 && nanos < NANOS_PER_SECOND)) {
    writeUnusualTime(writer, tag, seconds, nanos)
    return
  }
  const high = Math.trunc(seconds) * FIVE_TO_9
  const low = (high & (TWO_TO_23 - 1)) * TWO_TO_9 + Math.trunc(nanos)
  writer.bytes[writer.position++] = tag
  writer.fixed64(low, high / TWO_TO_23 + (low >= TWO_TO_32 ? 1 : 0))
}

/** Seconds and nanoseconds that are not normalized, or too late for the arithmetic of numbers. */
function writeUnusualTime(writer: ByteWriter, tag: number, seconds: number, nanos: number): void {
  if (!Number.isFinite(seconds) || !Number.isFinite(nanos)) return
  const total = BigInt(Math.trunc(seconds)) * BigInt(NANOS_PER_SECOND) + BigInt(Math.trunc(nanos))
  if (total < 0n || total >= 1n << 64n) return
  writer.bytes[writer.position++] = tag
  writer.fixed64(Number(total & 0xffff_ffffn), Number(total >> 32n))
}
