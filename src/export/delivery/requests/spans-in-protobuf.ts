import { varintSize, writeVarint } from '../../protobuf/byte-writer.js'
import { ProtobufCursor } from '../../protobuf/protobuf-cursor.js'
import { explicitRandomness, randomnessOfBytes, type Goes, type Thinned, type Weigh } from './randomness.js'

/** The tag of the field that leads on to the spans: in a request, in its ResourceSpans, in their ScopeSpans. */
const WAY_TO_SPANS: readonly number[] = [(1 << 3) | 2, (2 << 3) | 2, (2 << 3) | 2]
const SCOPE_LEVEL = 2
const TRACE_ID = (1 << 3) | 2
const TRACE_STATE = (3 << 3) | 2
const TRACE_ID_BYTES = 16

/** @throws where the bytes are no request; some of it may have been weighed by then. */
export function weighProtobuf(bytes: Uint8Array, weigh: Weigh): void {
  weighMessage(new ProtobufCursor(bytes), 0, bytes.byteLength, 0, weigh)
}

/** @throws where the bytes are no request. */
export function thinProtobuf(bytes: Uint8Array, goes: Goes): Thinned {
  return new Thinning(bytes, goes).thin()
}

/** Weighs a message whose field begins at `start`; the randomness at which its last span goes, or -1 if it has none. */
function weighMessage(cursor: ProtobufCursor, start: number, end: number, level: number, weigh: Weigh): number {
  let last = -1
  // What goes with the last span only: the resource or scope itself, and what we do not know.
  let frame = end - start
  while (cursor.at < end) {
    const fieldStart = cursor.at
    const tag = cursor.varint()
    if (tag !== WAY_TO_SPANS[level]) {
      cursor.skip(tag, end)
      continue
    }
    const fieldEnd = cursor.fieldEnd(end)
    let randomness: number
    if (level === SCOPE_LEVEL) {
      randomness = randomnessOfSpan(cursor, fieldEnd)
      weigh(randomness, fieldEnd - fieldStart)
    } else randomness = weighMessage(cursor, fieldStart, fieldEnd, level + 1, weigh)
    if (randomness >= 0) frame -= fieldEnd - fieldStart
    last = Math.max(last, randomness)
  }
  if (last >= 0) weigh(last, frame)
  return last
}

function randomnessOfSpan(cursor: ProtobufCursor, end: number): number {
  let ofId = 0
  let explicit: number | undefined
  while (cursor.at < end) {
    const tag = cursor.varint()
    if (tag !== TRACE_ID && tag !== TRACE_STATE) {
      cursor.skip(tag, end)
      continue
    }
    const fieldEnd = cursor.fieldEnd(end)
    if (tag === TRACE_STATE) explicit = explicitIn(cursor.bytes, cursor.at, fieldEnd)
    else ofId = fieldEnd - cursor.at === TRACE_ID_BYTES ? randomnessOfBytes(cursor.bytes, fieldEnd) : 0
    cursor.at = fieldEnd
  }
  return explicit ?? ofId
}

/** Most trace states have no `rv`; those are not worth a string. */
function explicitIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start; at + 2 < end; at++) {
    if (bytes[at] !== 0x72 || bytes[at + 1] !== 0x76 || bytes[at + 2] !== 0x3a) continue
    return explicitRandomness(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString())
  }
  return undefined
}

/** Stands where a piece's end would: its first number is not a place but a length to write. */
const LENGTH = -1

class Thinning {
  readonly #cursor: ProtobufCursor
  readonly #goes: Goes
  /** What is to be written, in pairs: from, to; or a length and LENGTH. */
  readonly #pieces: number[] = []
  #dropped = 0
  #kept = 0

  constructor(bytes: Uint8Array, goes: Goes) {
    this.#cursor = new ProtobufCursor(bytes)
    this.#goes = goes
  }

  thin(): Thinned {
    const { bytes } = this.#cursor
    const size = this.#message(bytes.byteLength, 0)
    if (size === undefined || this.#kept === 0) return { rest: undefined, dropped: this.#dropped }
    return { rest: this.#dropped === 0 ? bytes : this.#written(size), dropped: this.#dropped }
  }

  /** How long the message is without the spans; undefined where it had some and has none any more. */
  #message(end: number, level: number): number | undefined {
    const cursor = this.#cursor
    const droppedBefore = this.#dropped
    const keptBefore = this.#kept
    let size = 0
    while (cursor.at < end) {
      const start = cursor.at
      const tag = cursor.varint()
      if (tag !== WAY_TO_SPANS[level]) {
        cursor.skip(tag, end)
        size += this.#keep(start, cursor.at)
      } else size += level === SCOPE_LEVEL ? this.#span(start, end) : this.#part(start, end, level + 1)
    }
    return this.#dropped > droppedBefore && this.#kept === keptBefore ? undefined : size
  }

  #span(start: number, messageEnd: number): number {
    const end = this.#cursor.fieldEnd(messageEnd)
    if (this.#goes(randomnessOfSpan(this.#cursor, end))) {
      this.#dropped++
      return 0
    }
    this.#kept++
    return this.#keep(start, end)
  }

  /** A ResourceSpans or ScopeSpans, with its tag and its new length. */
  #part(start: number, messageEnd: number, level: number): number {
    const tagEnd = this.#cursor.at
    const end = this.#cursor.fieldEnd(messageEnd)
    const place = this.#pieces.push(start, tagEnd, 0, LENGTH)
    const size = this.#message(end, level)
    if (size === undefined) {
      this.#pieces.length = place - 4
      return 0
    }
    this.#pieces[place - 2] = size
    return tagEnd - start + varintSize(size) + size
  }

  #keep(start: number, end: number): number {
    const last = this.#pieces.length - 1
    if (this.#pieces[last] === start) this.#pieces[last] = end
    else this.#pieces.push(start, end)
    return end - start
  }

  #written(size: number): Uint8Array {
    const into = new Uint8Array(size)
    let at = 0
    for (let n = 0; n < this.#pieces.length; n += 2) {
      const from = this.#pieces[n] ?? 0
      const to = this.#pieces[n + 1] ?? 0
      if (to === LENGTH) at = writeVarint(from, into, at)
      else {
        into.set(this.#cursor.bytes.subarray(from, to), at)
        at += to - from
      }
    }
    return into
  }
}
