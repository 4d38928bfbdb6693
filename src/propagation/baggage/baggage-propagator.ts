import {
  propagation,
  baggageEntryMetadataFromString,
  type TextMapPropagator,
  type Baggage,
  type BaggageEntry,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { headerTexts } from '../carriers/header-text.js'
import { neverThrowing } from '../composite.js'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { Budget, isToken, readPair, readProperties, percentDecode, percentEncode } from './format.js'

const HEADER = 'baggage'

/**
 * Propagates baggage by the header `baggage`, as W3C's specification of Baggage says. Keys go out as they are, values
 * percent-encoded, metadata as it is; 64 entries and 8,192 bytes at most, both ways. Never throws.
 */
export function baggagePropagator(): TextMapPropagator {
  return neverThrowing(HEADER, {
    inject(context, carrier, setter) {
      const baggage = propagation.getBaggage(context)
      if (!baggage || isTracingSuppressed(context)) return
      const text = writeBaggage(baggage)
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
  const members: string[] = []
  for (const [key, entry] of baggage.getAllEntries()) {
    if (!isToken(key)) {
      warnUnwritableKey(key)
      continue
    }
    const properties = entry.metadata ? readProperties(entry.metadata.toString()) : ''
    const member = memberOf(key, percentEncode(entryText(entry)), properties)
    if (budget.take(member.length)) members.push(member)
    else warnTooMuch('out', key)
  }
  return members.join(',')
}

/** Code without types may have put a number there. */
export function entryText({ value }: { readonly value: unknown }): string {
  return String(value)
}

/** A key that is no token can't be written: keys, unlike values, are not encoded. */
export function warnUnwritableKey(key: string): void {
  const allowed = "letters, digits or !#$%&'*+-.^_`|~"
  warnOnce('baggage key', `baggage entry ${quoted(key)} is not sent on: a key must be ${allowed}`)
}

/** Such entries are left out whole; smaller ones behind them may still fit. */
export function warnTooMuch(way: 'in' | 'out', key: string): void {
  const what = way === 'in' ? 'incoming' : 'outgoing'
  warnOnce(`baggage ${way}`, `${what} baggage is cut to 64 entries and 8,192 bytes; ${quoted(key)} did not fit`)
}

/** A caller's key may be long, and have any characters. */
function quoted(key: string): string {
  return JSON.stringify(key.slice(0, 100))
}

/**
 * The baggage of all headers together; undefined where no member is valid. Of a key that comes again the last value
 * counts: callers may append without reading what is there, so that the last is the newest.
 */
export function readBaggage(headers: readonly string[]): Baggage | undefined {
  // Values and properties as they came, by key.
  const members = new Map<string, readonly [value: string, properties: string]>()
  for (const header of headers) {
    for (const text of header.split(',')) {
      const semicolon = text.indexOf(';')
      const pair = readPair(semicolon < 0 ? text : text.slice(0, semicolon))
      if (pair) members.set(pair.key, [pair.value, semicolon < 0 ? '' : readProperties(text.slice(semicolon + 1))])
    }
  }
  const budget = new Budget()
  const entries: Record<string, BaggageEntry> = Object.create(null) as Record<string, BaggageEntry>
  let isEmpty = true
  for (const [key, [value, properties]] of members) {
    if (budget.take(memberOf(key, value, properties).length)) {
      entries[key] = entryOf(value, properties)
      isEmpty = false
    } else warnTooMuch('in', key)
  }
  return isEmpty ? undefined : propagation.createBaggage(entries)
}

function entryOf(value: string, properties: string): BaggageEntry {
  const decoded = percentDecode(value)
  if (properties === '') return { value: decoded }
  return { value: decoded, metadata: baggageEntryMetadataFromString(properties) }
}

function memberOf(key: string, value: string, properties: string): string {
  return properties === '' ? `${key}=${value}` : `${key}=${value};${properties}`
}
