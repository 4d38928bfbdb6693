/** Walks the fields of a protobuf message. Its methods throw where the bytes are no such thing. */
export interface ProtobufCursor {
  readonly bytes: Uint8Array
  at: number
  varint(): number
  /** Reads a length, and says where the field ends. */
  fieldEnd(messageEnd: number): number
  /** Steps over the value of a field with this tag. */
  skip(tag: number, messageEnd: number): void
}

export function protobufCursor(bytes: Uint8Array): ProtobufCursor {
  return new Cursor(bytes)
}

export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}

/** Writes the value, and says where it ends. */
export function writeVarint(value: number, into: Uint8Array, at: number): number {
  let rest = value
  let end = at
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[end++] = (rest % 0x80) | 0x80
  into[end++] = rest
  return end
}

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5
const LONGEST_VARINT = 10

class Cursor implements ProtobufCursor {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  varint(): number {
    let value = 0
    let factor = 1
    for (let n = 0; n < LONGEST_VARINT; n++) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw malformed()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
    throw malformed()
  }

  fieldEnd(messageEnd: number): number {
    const length = this.varint()
    const end = this.at + length
    if (end > messageEnd) throw malformed()
    return end
  }

  skip(tag: number, messageEnd: number): void {
    const wireType = tag & 7
    if (tag < 8) throw malformed()
    if (wireType === LENGTH_DELIMITED) this.at = this.fieldEnd(messageEnd)
    else if (wireType === VARINT) this.varint()
    else if (wireType === FIXED_64) this.at += 8
    else if (wireType === FIXED_32) this.at += 4
    else throw malformed()
    if (this.at > messageEnd) throw malformed()
  }
}

function malformed(): Error {
  return new RangeError('not a protobuf message')
}
