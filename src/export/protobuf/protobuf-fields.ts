import { protobufCursor } from './protobuf-cursor.js'

/** One field as it is on the wire: a number (varint) or bytes. */
export interface ProtobufField {
  readonly number: number
  readonly value: number | Uint8Array
}

const VARINT = 0
const LENGTH_DELIMITED = 2

/** The fields of a small message, up to where it can't be read any more: what a broken answer says, nobody knows. */
export function protobufFields(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = []
  const cursor = protobufCursor(message)
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
