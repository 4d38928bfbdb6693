import { propagation, type TextMapPropagator, type Baggage } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { headerTexts } from '../carriers/header-text.js'
import { neverThrowing } from '../composite.js'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import {
  Budget,
  isToken,
  MOST_MEMBERS,
  MOST_PIECES,
  Pieces,
  readMember,
  readProperties,
  percentEncode,
  type Member,
} from './format.js'
import { ReceivedBaggage } from './received-baggage.js'

const HEADER = 'baggage'

/**
 * Propagates baggage by the header `baggage`, as W3C's specification of Baggage says. Keys go out as they are, values
 * percent-encoded, metadata as it is, and what came in as it came; 64 entries and 8,192 bytes at most, both ways. Never throws.
 */
export function baggagePropagator(): TextMapPropagator {
  return neverThrowing(HEADER, {
    inject(context, carrier, setter) {
      const baggage = propagation.getBaggage(context)
      if (!baggage || isTracingSuppressed(context)) return
      const text = ReceivedBaggage.is(baggage) ? baggage.text : writeBaggage(baggage)
      if (text !== '') setter.set(carrier, HEADER, text)
    },
    /** The context keeps its baggage where the carrier has none that is valid. */
    extract(context, carrier, getter) {
      const baggage = readBaggage(headerTexts(carrier, getter, HEADER))
      return baggage ? propagation.setBaggage(context, baggage) : context
    },
    fields: () => [HEADER],
  })
}

/** The `baggage-string` of section 3.3.1; empty where nothing can go out. */
export function writeBaggage(baggage: Baggage): string {
  const budget = new Budget()
  const pieces = new Pieces()
  const members: string[] = []
  for (const [key, entry] of baggage.getAllEntries()) {
    if (budget.isSpent) {
      warnTooMuch('out', key)
      break
    }
    if (!isToken(key)) {
      warnUnwritableKey(key)
      continue
    }
    const properties = entry.metadata ? readProperties(entry.metadata.toString(), pieces) : ''
    const value = percentEncode(entryText(entry))
    const member = properties === '' ? `${key}=${value}` : `${key}=${value};${properties}`
    if (budget.take(member.length)) members.push(member)
    else warnTooMuch('out', key)
  }
  if (pieces.areCut) warnTooManyProperties()
  return members.join(',')
}

/** Code without types may have put a number there. */
export function entryText({ value }: { readonly value: unknown }): string {
  return String(value)
}

/** A key that is no token can't be written: keys, unlike values, are not encoded. */
export function warnUnwritableKey(key: string): void {
  const allowed = "letters, digits or !#$%&'*+-.^_`|~"
  warnOnce('baggage key', () => `baggage entry ${quoted(key)} is not sent on: a key must be ${allowed}`)
}

/** Such entries are left out whole; smaller ones behind them may still fit. */
export function warnTooMuch(way: 'in' | 'out', key: string): void {
  const what = way === 'in' ? 'incoming' : 'outgoing'
  warnOnce(`baggage ${way}`, () => `${what} baggage is cut to 64 entries and 8,192 bytes; ${quoted(key)} did not fit`)
}

/** A caller's key may be long, and have any characters. */
function quoted(key: string): string {
  return JSON.stringify(key.slice(0, 100))
}

/** How many members are read: illegal ones, and the same keys again and again, take no place among those that count, but time. */
const MOST_READ = 192
/** How much of all headers is read: what may go on, and white space. */
const MOST_CHARACTERS = 10_240
const COMMA = 0x2c

/**
 * The baggage of all headers together; undefined where no member is valid. Of a key that comes again the last value
 * counts: callers may append without reading what is there, so that the last is the newest. Nothing is read behind the
 * 64th key, behind 192 members, nor behind 10,240 characters.
 */
export function readBaggage(headers: readonly string[]): Baggage | undefined {
  return ReceivedBaggage.of(membersIn(headers), (key) => warnTooMuch('in', key))
}

function membersIn(headers: readonly string[]): Iterable<Member> {
  const members = new Map<string, Member>()
  const pieces = new Pieces()
  let read = 0
  let room = MOST_CHARACTERS
  for (const header of headers) {
    for (let from = 0, end: number; from < header.length; from = end + 1) {
      end = header.charCodeAt(from) === COMMA ? from : header.indexOf(',', from)
      if (end === -1) end = header.length
      room -= end + 1 - from
      if (end === from && room >= 0) continue
      read += 1
      const member = room < 0 || read > MOST_READ ? undefined : readMember(header, from, end, pieces)
      if (room < 0 || read > MOST_READ || (member && members.size === MOST_MEMBERS && !members.has(member.key))) {
        warnTooMuch('in', header.slice(from, end))
        return members.values()
      }
      if (member) members.set(member.key, member)
    }
  }
  if (pieces.areCut) warnTooManyProperties()
  return members.values()
}

function warnTooManyProperties(): void {
  warnOnce(
    'baggage properties',
    `properties of baggage are cut to ${MOST_PIECES} where there is white space between them`,
  )
}
