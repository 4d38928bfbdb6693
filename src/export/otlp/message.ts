import { varintSize } from '../protobuf/byte-writer.js'

/** What a message of this length takes as a field of another: a tag of one byte, the length, the message. */
export function messageSize(length: number): number {
  return 1 + varintSize(length) + length
}

/** Puts the tag and the length of a message there, and returns where the message itself begins. */
export function putMessage(target: Uint8Array, position: number, tag: number, length: number): number {
  let next = position
  target[next++] = tag
  let rest = length
  while (rest > 0x7f) {
    target[next++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[next++] = rest
  return next
}
