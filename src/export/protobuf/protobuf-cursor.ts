const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5
const LONGEST_VARINT = 10

/** Walks the fields of a protobuf message. Its methods throw where the bytes are no such thing. */
export class ProtobufCursor {
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

  /** Reads a length, and says where the field ends. */
  fieldEnd(messageEnd: number): number {
    const length = this.varint()
    const end = this.at + length
    if (end > messageEnd) throw malformed()
    return end
  }

  /** Steps over the value of a field with this tag. */
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

/** One field as it is on the wire: a number (varint) or bytes. */
export interface ProtobufField {
  readonly number: number
  readonly value: number | Uint8Array
}

/** The fields of a small message, up to where it can't be read any more. */
export function protobufFields(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = []
  const cursor = new ProtobufCursor(message)
  try {
    while (cursor.at < message.length) {
      const tag = cursor.varint()
      const number = Math.floor(tag / 8)
      const wireType = tag % 8
      if (wireType === VARINT) fields.push({ number, value: cursor.varint() })
      else if (wireType === LENGTH_DELIMITED) {
        const end = cursor.fieldEnd(message.length)
        fields.push({ number, value: message.subarray(cursor.at, end) })
        cursor.at = end
      } else cursor.skip(tag, message.length)
    }
  } catch {
    // What was read before still holds.
  }
  return fields
}

/** The last field of this number wins, as protobuf has it. */
export function numberField(fields: readonly ProtobufField[], number: number): number {
  const value = fields.findLast((field) => field.number === number)?.value
  return typeof value === 'number' ? value : 0
}

export function bytesField(fields: readonly ProtobufField[], number: number): Uint8Array {
  const value = fields.findLast((field) => field.number === number)?.value
  return typeof value === 'object' ? value : new Uint8Array()
}

export function textField(fields: readonly ProtobufField[], number: number): string {
  return new TextDecoder().decode(bytesField(fields, number))
}
