/*
 * The grammar of section 3.3.1 of the specification of Baggage. Read by character codes, in one pass: a caller may send as
 * many members and properties as fit into 16 KB, and regular expressions over pieces of it cost ten times as much as a request.
 */

/** What a character may be part of. `token` is that of RFC 7230, section 3.2.6; a value is made of `baggage-octet`. */
const IN_TOKEN = 1
const IN_VALUE = 2
const CLASSES = new Uint8Array(128)
for (let code = 0x21; code < 0x7f; code++) {
  const character = String.fromCharCode(code)
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character)) CLASSES[code] = IN_TOKEN
  if (!/[",;\\]/.test(character)) CLASSES[code] = (CLASSES[code] ?? 0) | IN_VALUE
}

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const PERCENT = 0x25

/** The first place at or after `from` where the character is not of the class. */
function endOf(aClass: number, text: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7e || ((CLASSES[code] ?? 0) & aClass) === 0) return at
  }
  return end
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from
  while (at < end && isSpaceOrTab(text.charCodeAt(at))) at++
  return at
}

function isSpaceOrTab(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Whether the text can be a key of baggage, or a header's name. */
export function isToken(text: string): boolean {
  return text.length > 0 && endOf(IN_TOKEN, text, 0, text.length) === text.length
}

/** Whether the text can stand in a header as a value. */
export function isValue(text: string): boolean {
  return endOf(IN_VALUE, text, 0, text.length) === text.length
}

/** One `key = value`, or a lone key, as it stands in a text; written anew for each, so that what is left out costs nothing. */
class Part {
  isValid = false
  hasValue = false
  /** Without white space: it can be copied as it stands. */
  isTight = false
  keyFrom = 0
  keyTo = 0
  valueFrom = 0
  valueTo = 0
  /** Of the semicolon behind it, or the end. */
  next = 0

  read(text: string, from: number, end: number): void {
    this.keyFrom = skipBlanks(text, from, end)
    this.keyTo = endOf(IN_TOKEN, text, this.keyFrom, end)
    let at = skipBlanks(text, this.keyTo, end)
    this.hasValue = at < end && text.charCodeAt(at) === EQUALS
    this.isTight = this.keyFrom === from
    if (this.hasValue) {
      this.valueFrom = skipBlanks(text, at + 1, end)
      this.valueTo = endOf(IN_VALUE, text, this.valueFrom, end)
      // The value may have `=` in it, the key's white space ends at the first.
      this.isTight &&= at === this.keyTo && this.valueFrom === at + 1
      at = skipBlanks(text, this.valueTo, end)
    }
    this.isTight &&= at === (this.hasValue ? this.valueTo : this.keyTo)
    const isEnded = at === end || text.charCodeAt(at) === SEMICOLON
    this.isValid = isEnded && this.keyTo > this.keyFrom
    this.next = isEnded ? at : nextSemicolon(text, at, end)
  }

  key(text: string): string {
    return text.slice(this.keyFrom, this.keyTo)
  }

  value(text: string): string {
    return text.slice(this.valueFrom, this.valueTo)
  }
}

const part = new Part()

function nextSemicolon(text: string, from: number, end: number): number {
  let at = from
  while (at < end && text.charCodeAt(at) !== SEMICOLON) at++
  return at
}

/** A member as it came, white space aside. */
export interface Member {
  readonly key: string
  readonly value: string
  /** The valid ones, with semicolons between; empty: none. */
  readonly properties: string
}

/** The member in that piece of a header, from one comma to the next; undefined where it is none. */
export function readMember(header: string, from: number, end: number, pieces: Pieces): Member | undefined {
  part.read(header, from, end)
  if (!part.isValid || !part.hasValue) return undefined
  const key = part.key(header)
  const value = part.value(header)
  return { key, value, properties: part.next < end ? readProperties(header, pieces, part.next + 1, end) : '' }
}

export const MOST_PIECES = 128

/**
 * What the properties of one baggage are put together from. Those that stand as the grammar has them, without white space and with
 * nothing between that has to go, are one piece: they are all kept, however many. Others cost more, and are limited.
 */
export class Pieces {
  #left = MOST_PIECES

  take(): boolean {
    this.#left -= 1
    return this.#left >= 0
  }

  get areCut(): boolean {
    return this.#left < 0
  }
}

/** Properties by the grammar, without white space: what almost everybody sends. No part of it can match in two ways. */
const TIGHT =
  /^[!#$%&'*+\-.^_`|~\w]+(?:=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?(?:;[!#$%&'*+\-.^_`|~\w]+(?:=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?)*$/

/**
 * Properties as they came, without the white space around their parts. One that does not follow the grammar is left out:
 * it must not harm its member, nor go out.
 */
export function readProperties(text: string, pieces: Pieces, from = 0, end: number = text.length): string {
  const whole = text.slice(from, end)
  if (TIGHT.test(whole)) return whole
  let properties = ''
  let pieceFrom = 0
  let pieceTo = 0
  const add = (piece: string): void => {
    if (piece !== '') properties += properties === '' ? piece : `;${piece}`
  }
  for (let at = from; at < end; at = part.next + 1) {
    while (text.charCodeAt(at) === SEMICOLON) at++
    part.read(text, at, end)
    if (!part.isValid) continue
    if (part.isTight && pieceTo === at - 1 && pieceFrom < pieceTo) {
      pieceTo = part.next
      continue
    }
    if (!pieces.take()) break
    add(text.slice(pieceFrom, pieceTo))
    pieceFrom = pieceTo = at
    if (part.isTight) pieceTo = part.next
    else add(part.hasValue ? `${part.key(text)}=${part.value(text)}` : part.key(text))
  }
  add(text.slice(pieceFrom, pieceTo))
  return properties
}

export const MOST_MEMBERS = 64
const MOST_BYTES = 8_192

/**
 * What goes into one baggage: 64 members, and 8,192 bytes with the commas between them. The least that the
 * specification allows (section 3.3.2); with more, any caller could burden all callees.
 */
export class Budget {
  #members = 0
  #bytes = 0

  /** Whether a member of that many bytes still fits; if so, it is counted. */
  take(bytes: number): boolean {
    const total = this.#bytes + bytes + (this.#members === 0 ? 0 : 1)
    if (this.isSpent || total > MOST_BYTES) return false
    this.#members += 1
    this.#bytes = total
    return true
  }

  /** No member fits any more, however small. */
  get isSpent(): boolean {
    return this.#members === MOST_MEMBERS
  }
}

/** What has to be encoded: all but `baggage-octet`, and the percent sign. */
const TO_ENCODE = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/
const ENCODED = /%[0-9a-f]{2}/i
const HEX = Buffer.from('0123456789ABCDEF')
/** Of bytes: 1, where they stand for themselves. */
const STAYS = new Uint8Array(256)
/** Of bytes: the value of a hex digit, or NO_DIGIT. */
const DIGITS = new Uint8Array(256).fill(0xff)
const NO_DIGIT = 0xff
for (let byte = 0; byte < 0x80; byte++) {
  const character = String.fromCharCode(byte)
  if (!TO_ENCODE.test(character)) STAYS[byte] = 1
  if (/[0-9a-f]/i.test(character)) DIGITS[byte] = parseInt(character, 16)
}

/**
 * A text as the specification of Baggage writes values (section 3.3.1.3): UTF-8, percent-encoded where it has to be. Half
 * a surrogate pair is no text, and becomes U+FFFD. Byte by byte: a call of encodeURIComponent for each place costs forty times
 * as much.
 */
export function percentEncode(text: string): string {
  if (!TO_ENCODE.test(text)) return text
  const bytes = Buffer.from(text)
  const encoded = Buffer.allocUnsafe(bytes.length * 3)
  let length = 0
  for (const byte of bytes) {
    if (STAYS[byte] === 1) encoded[length++] = byte
    else {
      encoded[length++] = PERCENT
      encoded[length++] = HEX[byte >> 4] ?? 0
      encoded[length++] = HEX[byte & 0xf] ?? 0
    }
  }
  return encoded.toString('latin1', 0, length)
}

const ODD_PERCENT = /%(?![0-9A-F]{2})/

/** Whether a value has a percent sign that encodes no byte, or does so in small letters. */
export function hasOddPercents(value: string): boolean {
  return value.includes('%') && ODD_PERCENT.test(value)
}

/** A value as it came, with each percent sign as we would write it. */
export function withPercentsEncoded(value: string): string {
  const bytes = Buffer.from(value)
  const encoded = Buffer.allocUnsafe(bytes.length * 3)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    encoded[length++] = byte
    if (byte !== PERCENT) continue
    const high = DIGITS[bytes[at + 1] ?? 0] ?? NO_DIGIT
    const low = DIGITS[bytes[at + 2] ?? 0] ?? NO_DIGIT
    const isCode = high !== NO_DIGIT && low !== NO_DIGIT
    encoded[length++] = HEX[isCode ? high : PERCENT >> 4] ?? 0
    encoded[length++] = HEX[isCode ? low : PERCENT & 0xf] ?? 0
    if (isCode) at += 2
  }
  return encoded.toString('latin1', 0, length)
}

/**
 * The text of a percent-encoded value. Bytes that are not UTF-8 become U+FFFD, as the specification asks. A percent sign
 * without two hex digits encodes no byte, and stays. No error is thrown on the way: one for each wrong byte is expensive.
 */
export function percentDecode(value: string): string {
  if (!ENCODED.test(value)) return value
  const bytes = Buffer.from(value)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0
    if (byte === PERCENT && at + 2 < bytes.length) {
      const high = DIGITS[bytes[at + 1] ?? 0] ?? NO_DIGIT
      const low = DIGITS[bytes[at + 2] ?? 0] ?? NO_DIGIT
      if (high !== NO_DIGIT && low !== NO_DIGIT) {
        byte = high * 16 + low
        at += 2
      }
    }
    bytes[length++] = byte
  }
  return bytes.toString('utf8', 0, length)
}
