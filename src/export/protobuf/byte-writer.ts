/** How many bytes `value` takes as a varint; below 2^32. */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

/** Writes a number below 2^32, and returns where it ends. */
export function writeVarint(value: number, into: Uint8Array, at: number): number {
  let position = at
  let rest = value
  while (rest > 0x7f) {
    into[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[position++] = rest
  return position
}

const FIRST_CAPACITY = 4 * 1024
const KEPT_CAPACITY = 1024 * 1024
/** More than all fields of a fixed size between two calls of `reserve`, the longest key that is cached among them. */
const SLACK = 256
const TWO_TO_32 = 2 ** 32

/** Bytes that grow, with the primitives of the protobuf wire format. Used again and again: the memory stays. */
export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY)
  /** Where the next byte goes. */
  position = 0
  /** Of the same memory. */
  view: DataView = viewOf(this.bytes)

  /**
   * Makes room for so many more bytes, and for some fields of a fixed size after them: those need not ask for room. So it
   * is called for whatever has no bound, and in each turn of a loop. `bytes` may be another buffer afterwards.
   */
  reserve(count: number): void {
    const needed = this.position + count + SLACK
    if (needed > this.bytes.length) this.#grow(needed)
  }

  varint(value: number): void {
    this.position = writeVarint(value, this.bytes, this.position)
  }

  varint64(value: number): void {
    const bytes = this.bytes
    let position = this.position
    let low = value >>> 0
    let high = Math.floor(value / TWO_TO_32) >>> 0
    while (high > 0 || low > 0x7f) {
      bytes[position++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    bytes[position++] = low
    this.position = position
  }

  fixed32(value: number): void {
    this.view.setUint32(this.position, value, true)
    this.position += 4
  }

  fixed64(low: number, high: number): void {
    this.view.setUint32(this.position, low, true)
    this.view.setUint32(this.position + 4, high, true)
    this.position += 8
  }

  double(value: number): void {
    this.view.setFloat64(this.position, value, true)
    this.position += 8
  }

  /** A length and the bytes. */
  blob(value: Uint8Array): void {
    this.varint(value.length)
    this.reserve(value.length)
    this.bytes.set(value, this.position)
    this.position += value.length
  }

  /** Begins a message whose length is not known yet: leaves a byte for it, and returns where the message begins. */
  begin(): number {
    return ++this.position
  }

  /** Ends the message that began there, and writes its length; it moves where a byte is not enough for that. */
  end(start: number): void {
    const length = this.position - start
    if (length < 0x80) this.bytes[start - 1] = length
    else this.#moveBehindLength(start, 1, length)
  }

  /** Like `begin` and `end`, with two bytes for the length: for what is seldom shorter than 128 bytes. */
  beginLong(): number {
    return (this.position += 2)
  }

  endLong(start: number): void {
    const length = this.position - start
    if (length >= 0x80 && length < 0x4000) {
      this.bytes[start - 2] = (length & 0x7f) | 0x80
      this.bytes[start - 1] = length >>> 7
    } else this.#moveBehindLength(start, 2, length)
  }

  /** Empties it; gives memory back where an exceptional batch made it large. */
  clear(): void {
    this.position = 0
    if (this.bytes.length > KEPT_CAPACITY) this.#use(Buffer.allocUnsafeSlow(FIRST_CAPACITY))
  }

  #moveBehindLength(start: number, room: number, length: number): void {
    const newStart = start - room + varintSize(length)
    this.reserve(newStart - start)
    this.bytes.copyWithin(newStart, start, this.position)
    this.position = start - room
    this.varint(length)
    this.position += length
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
    this.bytes.copy(larger, 0, 0, this.position)
    this.#use(larger)
  }

  #use(bytes: Buffer<ArrayBuffer>): void {
    this.bytes = bytes
    this.view = viewOf(bytes)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
