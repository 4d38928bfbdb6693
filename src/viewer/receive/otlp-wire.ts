import { ProtobufCursor } from '../../export/protobuf/protobuf-cursor.js'
import type { AttributeValue } from '../model/received-span.js'
import { MalformedError, MAX_OBJECTS, MAX_VALUE_DEPTH, newAttributes, TOO_DEEP } from './decoded.js'
import { TextReader } from './text-reader.js'

export const TRACE_ID_BYTES = 16
export const SPAN_ID_BYTES = 8

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2

const NO_TRACE = '0'.repeat(2 * TRACE_ID_BYTES)
const NO_SPAN = '0'.repeat(2 * SPAN_ID_BYTES)

/**
 * The values that messages of OTLP are made of, read at a place in the bytes. Each method that takes a tag has read it
 * just before; `messageEnd` is where the message around ends. Throws a RangeError where the bytes are no such value.
 */
export class OtlpWire {
  readonly cursor: ProtobufCursor
  readonly bytes: Buffer
  readonly #text: TextReader
  #objects = 0

  constructor(bytes: Uint8Array) {
    this.cursor = new ProtobufCursor(bytes)
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#text = new TextReader(this.bytes)
  }

  readAttribute(tag: number, messageEnd: number, into: Record<string, AttributeValue>, depth = 0): void {
    let key = ''
    let value: AttributeValue = null
    const end = this.enter(tag, messageEnd)
    const cursor = this.cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) key = this.string(tag, end)
      else if (tag >>> 3 === 2) value = this.value(tag, end, depth)
      else cursor.skip(tag, end)
    }
    into[key] = value
  }

  value(tag: number, messageEnd: number, depth: number): AttributeValue {
    let value: AttributeValue = null
    const end = this.enter(tag, messageEnd)
    const cursor = this.cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      switch (tag >>> 3) {
        case 1:
          value = this.string(tag, end)
          break
        case 2:
          value = this.number(tag) !== 0
          break
        case 3:
          value = this.#int64(tag)
          break
        case 4:
          value = this.#double(tag, end)
          break
        case 5:
          value = this.#list(tag, end, depth + 1)
          break
        case 6:
          value = this.#map(tag, end, depth + 1)
          break
        case 7: {
          const bytesEnd = this.#fieldEnd(tag, end)
          value = this.#text.base64(cursor.at, bytesEnd)
          cursor.at = bytesEnd
          break
        }
        default:
          cursor.skip(tag, end)
      }
    }
    return value
  }

  #list(tag: number, messageEnd: number, depth: number): AttributeValue {
    const end = this.enter(tag, messageEnd)
    const cursor = this.cursor
    if (depth > MAX_VALUE_DEPTH) {
      cursor.at = end
      return TOO_DEEP
    }
    const list: AttributeValue[] = []
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) list.push(this.value(tag, end, depth))
      else cursor.skip(tag, end)
    }
    return list
  }

  #map(tag: number, messageEnd: number, depth: number): AttributeValue {
    const end = this.enter(tag, messageEnd)
    const cursor = this.cursor
    if (depth > MAX_VALUE_DEPTH) {
      cursor.at = end
      return TOO_DEEP
    }
    const map = newAttributes()
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) this.readAttribute(tag, end, map, depth)
      else cursor.skip(tag, end)
    }
    return map
  }

  /** Enters a message within a message, and says where it ends. */
  enter(tag: number, messageEnd: number): number {
    this.countObject()
    return this.#fieldEnd(tag, messageEnd)
  }

  countObject(): void {
    if (++this.#objects > MAX_OBJECTS) throw new MalformedError('more values than a request may have')
  }

  #fieldEnd(tag: number, messageEnd: number): number {
    expectWireType(tag, LENGTH_DELIMITED)
    return this.cursor.fieldEnd(messageEnd)
  }

  string(tag: number, messageEnd: number): string {
    const end = this.#fieldEnd(tag, messageEnd)
    const text = this.#text.text(this.cursor.at, end)
    this.cursor.at = end
    return text
  }

  /** Empty for what is no id: one of another length, or all zeros. */
  id(tag: number, messageEnd: number, length: number): string {
    const end = this.#fieldEnd(tag, messageEnd)
    const start = this.cursor.at
    this.cursor.at = end
    if (end - start !== length) return ''
    const id = this.#text.hex(start, end)
    return id === NO_TRACE || id === NO_SPAN ? '' : id
  }

  number(tag: number): number {
    expectWireType(tag, VARINT)
    return this.cursor.varint()
  }

  #int64(tag: number): number | bigint {
    expectWireType(tag, VARINT)
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.cursor.at++]
      if (byte === undefined) break
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      if (shift === 28) high |= bits >>> 4
      else if (shift > 28) high |= bits << (shift - 32)
      if (byte < 0x80) return signed(high, low >>> 0)
    }
    throw new RangeError('not a varint')
  }

  #double(tag: number, messageEnd: number): number {
    return this.bytes.readDoubleLE(this.#fixed64(tag, messageEnd))
  }

  /** Nanoseconds, of which a double holds only every 256th: so it takes thousands of them apart from the rest. */
  time(tag: number, messageEnd: number): number {
    const at = this.#fixed64(tag, messageEnd)
    const low = this.bytes.readUInt32LE(at)
    const high = this.bytes.readUInt32LE(at + 4)
    return high * 4_294_967 + (high * 296 + low) / 1000
  }

  #fixed64(tag: number, messageEnd: number): number {
    expectWireType(tag, FIXED_64)
    const { at } = this.cursor
    this.cursor.at = at + 8
    if (at + 8 > messageEnd) throw new RangeError('cut short')
    return at
  }
}

function expectWireType(tag: number, wireType: number): void {
  if ((tag & 7) !== wireType) throw new RangeError('a field of another type')
}

/** An integer of 64 bits: a bigint only where a number would not be exact. */
function signed(high: number, low: number): number | bigint {
  const value = high * 2 ** 32 + low
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
}
