import type { TraceState } from '@opentelemetry/api'

/*
 * `tracestate` of W3C Trace Context level 2, section 3.3. OpenTelemetry's own class has the keys of level 1, and its
 * `set` does nothing where the list is full.
 */

/** The longest key and the longest value, in characters. */
export const LONGEST_PART = 256
const MOST_MEMBERS = 32
/** The least that has to be carried on (section 3.3.3.1), and what we carry at most. */
const LONGEST_LIST = 512
/** A text in which 32 members of the longest kind have room. A longer one is nothing but empty members, or illegal. */
const LONGEST_HEADER = MOST_MEMBERS * (2 * LONGEST_PART + 2)
/** Blanks and commas between members. */
const MOST_SKIPPED = 1_024
/** Members that are longer are the first to make room. */
const LONG_MEMBER = 128
/** OpenTelemetry's own member, without which a trace is counted wrongly. It never makes room. */
const OWN_KEY = 'ot'

type Members = Map<string, string>

/**
 * The state in a `tracestate` header; several headers are joined by commas. Read when it is first asked for. With a member that is
 * not by the grammar, or more than 32 of them, the whole is discarded, as the working group's own test suite wants it; nothing is
 * read past that. Of two with one key the left one is kept, and what is too long makes room: members of more than 128
 * characters first, then from the right, never `ot`.
 */
export function parseTraceState(header: string): TraceState {
  return new W3CTraceState(header)
}

/**
 * The state as one of ours: any other is read from its text. What the app set there is unchecked, so only its illegal
 * members are left out: they don't cost the other vendors theirs.
 */
export function ownTraceState(state: TraceState): TraceState {
  return (state as Partial<W3CTraceState>).isBounded === true
    ? state
    : new W3CTraceState(legalMembersOf(state.serialize()))
}

class W3CTraceState implements TraceState {
  #header: string | undefined
  #parsed: Members | undefined
  #text: string | undefined

  constructor(from: string | Members) {
    if (typeof from === 'string') this.#header = from
    else this.#parsed = from
  }

  /** What `ownTraceState` looks for: another file of the build has a class of its own. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be written for each of them.
  get isBounded(): true {
    return true
  }

  get(key: string): string | undefined {
    return this.#members.get(key)
  }

  /** With the key leftmost. The same state where key or value are illegal, or would not fit beside `ot`. */
  set(key: string, value: string): TraceState {
    if (!isKey(key) || !isValue(value)) return this
    const members: Members = new Map([[key, value]])
    for (const [otherKey, otherValue] of this.#members) if (otherKey !== key) members.set(otherKey, otherValue)
    return makeRoom(members, key) ? new W3CTraceState(members) : this
  }

  unset(key: string): TraceState {
    if (!this.#members.has(key)) return this
    const members = new Map(this.#members)
    members.delete(key)
    return new W3CTraceState(members)
  }

  /** The header's text; empty where there is no member, and then no header should be sent. */
  serialize(): string {
    return (this.#text ??= memberList(this.#members))
  }

  get #members(): Members {
    if (this.#parsed === undefined) {
      this.#parsed = readMembers(this.#header ?? '', 'discard the whole')
      makeRoom(this.#parsed)
      this.#header = undefined
    }
    return this.#parsed
  }
}

function memberList(members: Members): string {
  let text = ''
  for (const [key, value] of members) text += text === '' ? `${key}=${value}` : `,${key}=${value}`
  return text
}

/** Deletes members until the rest is within the limits, but never `ot` nor the one to be kept; false if that is not enough. */
function makeRoom(members: Members, kept = OWN_KEY): boolean {
  let length = members.size - 1
  for (const [key, value] of members) length += memberLength(key, value)
  if (members.size <= MOST_MEMBERS && length <= LONGEST_LIST) return true
  const fromTheRight = [...members].filter(([key]) => key !== OWN_KEY && key !== kept).reverse()
  const isLong = ([key, value]: [string, string]) => memberLength(key, value) > LONG_MEMBER
  for (const [key, value] of [...fromTheRight.filter(isLong), ...fromTheRight.filter((member) => !isLong(member))]) {
    members.delete(key)
    length -= memberLength(key, value) + 1
    if (members.size <= MOST_MEMBERS && length <= LONGEST_LIST) return true
  }
  return false
}

function memberLength(key: string, value: string): number {
  return key.length + 1 + value.length
}

function legalMembersOf(text: string): Members {
  const members = readMembers(text, 'leave it out')
  makeRoom(members)
  return members
}

/** Section 4.3 allows to discard the header, or its illegal members. */
function readMembers(text: string, atAFault: 'discard the whole' | 'leave it out'): Members {
  const members: Members = new Map()
  const most = atAFault === 'discard the whole' ? MOST_MEMBERS : Infinity
  if (atAFault === 'discard the whole' && text.length > LONGEST_HEADER) return members
  let count = 0
  let skipped = 0
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    // Lists may have empty members, but nobody needs hundreds.
    while (isNothing(text.charCodeAt(start))) {
      if (++skipped > MOST_SKIPPED) return atAFault === 'discard the whole' ? new Map<string, string>() : members
      start++
    }
    end = text.indexOf(',', start)
    if (end === -1) end = text.length
    const member = trimOptionalWhitespace(text.slice(start, end))
    if (member === '') continue
    count += 1
    const equals = member.indexOf('=')
    const key = member.slice(0, Math.max(equals, 0))
    const value = member.slice(equals + 1)
    if (count <= most && isKey(key) && isValue(value)) {
      if (!members.has(key)) members.set(key, value)
    } else if (atAFault === 'discard the whole') return new Map()
  }
  return members
}

/**
 * Without spaces and tabs around, which is what HTTP calls optional white space: less than `trim` takes. By hand, because a
 * regular expression takes quadratic time for a long run of spaces.
 */
export function trimOptionalWhitespace(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpaceOrTab(text.charCodeAt(from))) from++
  while (to > from && isSpaceOrTab(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

/** Of an empty member. */
function isNothing(code: number): boolean {
  return code === 0x2c || isSpaceOrTab(code)
}

function isSpaceOrTab(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Section 3.3.2.2.1. Character codes cost half of what a regular expression does. */
function isKey(key: string): boolean {
  if (key.length === 0 || key.length > LONGEST_PART || !isLetterOrDigit(key.charCodeAt(0))) return false
  for (let i = 1; i < key.length; i++) {
    const code = key.charCodeAt(i)
    if (!isLetterOrDigit(code) && !isKeyPunctuation(code)) return false
  }
  return true
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)
}

/** `_`, `-`, `*`, `/` and `@`. */
function isKeyPunctuation(code: number): boolean {
  return code === 0x5f || code === 0x2d || code === 0x2a || code === 0x2f || code === 0x40
}

/** Section 3.3.2.2.2: printable ASCII without comma and equals sign, and no space at the end. */
function isValue(value: string): boolean {
  const { length } = value
  if (length === 0 || length > LONGEST_PART || value.charCodeAt(length - 1) === 0x20) return false
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x2c || code === 0x3d) return false
  }
  return true
}
