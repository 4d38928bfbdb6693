import {
  createContextKey,
  isSpanContextValid,
  propagation,
  trace,
  TraceFlags,
  type Baggage,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { warnTooMuch, warnUnwritableKey, entryText } from './baggage/baggage-propagator.js'
import { Budget, isToken, isValue, percentDecode, percentEncode, type Member } from './baggage/format.js'
import { ReceivedBaggage } from './baggage/received-baggage.js'
import { headerText, headerTexts } from './carriers/header-text.js'
import { neverThrowing } from './composite.js'

const HEADER = 'uber-trace-id'
const BAGGAGE_PREFIX = 'uberctx-'
/** `{trace-id}:{span-id}:{parent-span-id}:{flags}`; leading zeros may be left out, and the parent is not looked at. */
const IDENTITY = /^[\t ]*([0-9a-f]{1,32}):([0-9a-f]{1,16}):[^:]*:([0-9a-f]{1,2})[\t ]*$/i
/** Its parts take 70 characters, more where colons are encoded. */
const LONGEST_IDENTITY = 256
const SAMPLED_BIT = 1
const DEBUG_BIT = 2
/** The trace that came with the debug flag: where several propagators read, another trace may be the one that goes on. */
const DEBUG_TRACE = createContextKey('spanwright.jaeger-debug')

/** Its public comment is in by-name.ts. */
export function jaegerPropagator(): TextMapPropagator {
  return neverThrowing('jaeger', {
    inject(context, carrier, setter) {
      if (isTracingSuppressed(context)) return
      const spanContext = trace.getSpanContext(context)
      if (spanContext && isSpanContextValid(spanContext)) {
        const { traceId, spanId, traceFlags } = spanContext
        // Other flags of OpenTelemetry's must not go out: the second bit is "random" there, and "debug" here.
        const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
        const flags = !isSampled ? '00' : context.getValue(DEBUG_TRACE) === traceId ? '03' : '01'
        setter.set(carrier, HEADER, `${traceId.toLowerCase()}:${spanId.toLowerCase()}:0:${flags}`)
      }
      const baggage = propagation.getBaggage(context)
      if (baggage) injectBaggage(baggage, carrier, setter)
    },
    extract(context, carrier, getter) {
      const found = readIdentity(headerText(carrier, getter, HEADER, LONGEST_IDENTITY))
      const extracted = found
        ? trace.setSpanContext(
            context.setValue(DEBUG_TRACE, found.isDebug ? found.spanContext.traceId : undefined),
            found.spanContext,
          )
        : context
      const before = propagation.getBaggage(context)
      const baggage = extractBaggage(before, carrier, getter)
      return baggage === before || !baggage ? extracted : propagation.setBaggage(extracted, baggage)
    },
    fields: () => [HEADER],
  })
}

function readIdentity(text = ''): { readonly spanContext: SpanContext; readonly isDebug: boolean } | undefined {
  const match = IDENTITY.exec(text.replaceAll(/%3a/gi, ':'))
  if (!match) return undefined
  const [, traceId = '', spanId = '', flagDigits = ''] = match
  const flags = parseInt(flagDigits, 16)
  const isDebug = (flags & DEBUG_BIT) !== 0
  const spanContext = {
    traceId: traceId.toLowerCase().padStart(32, '0'),
    spanId: spanId.toLowerCase().padStart(16, '0'),
    isRemote: true,
    traceFlags: (flags & SAMPLED_BIT) !== 0 || isDebug ? TraceFlags.SAMPLED : TraceFlags.NONE,
  }
  return isSpanContextValid(spanContext) ? { spanContext, isDebug } : undefined
}

function injectBaggage(baggage: Baggage, carrier: unknown, setter: TextMapSetter): void {
  if (ReceivedBaggage.is(baggage)) {
    for (const { key, value } of baggage.members)
      setter.set(carrier, BAGGAGE_PREFIX + key, value.replaceAll('+', '%2B'))
    return
  }
  const budget = new Budget()
  for (const [key, entry] of baggage.getAllEntries()) {
    if (budget.isSpent) {
      warnTooMuch('out', key)
      break
    }
    if (!isToken(key)) {
      warnUnwritableKey(key)
      continue
    }
    const value = encodeURIComponent(entryText(entry).toWellFormed())
    if (budget.take(key.length + 1 + value.length)) setter.set(carrier, BAGGAGE_PREFIX + key, value)
    else warnTooMuch('out', key)
  }
}

/** Next to the baggage that is there; the same object where nothing is added. Nothing is read behind the 64th entry. */
function extractBaggage(before: Baggage | undefined, carrier: unknown, getter: TextMapGetter): Baggage | undefined {
  const budget = new Budget()
  const found = new Map<string, Member>()
  for (const name of getter.keys(carrier) as readonly unknown[]) {
    if (typeof name !== 'string' || !isBaggageName(name)) continue
    const key = name.slice(BAGGAGE_PREFIX.length)
    if (budget.isSpent) {
      warnTooMuch('in', key)
      break
    }
    const [text] = headerTexts(carrier, getter, name)
    if (text === undefined || !isToken(key)) continue
    if (budget.take(key.length + 1 + text.length)) found.set(key, { key, value: encodedValue(text), properties: '' })
    else warnTooMuch('in', key)
  }
  return found.size === 0 ? before : addedTo(before, found)
}

/** As W3C's baggage has it. The clients for Go and Java write a blank as +; all others write + as %2B. */
function encodedValue(text: string): string {
  const withoutPlus = text.replaceAll('+', '%20')
  return isValue(withoutPlus) ? withoutPlus : percentEncode(percentDecode(withoutPlus))
}

function addedTo(before: Baggage | undefined, found: ReadonlyMap<string, Member>): Baggage | undefined {
  if (before === undefined || ReceivedBaggage.is(before)) {
    const members = new Map(before?.members.map((member) => [member.key, member]))
    for (const [key, member] of found) members.set(key, member)
    return ReceivedBaggage.of(members.values(), (key) => warnTooMuch('in', key)) ?? before
  }
  let baggage = before
  for (const [key, { value }] of found) baggage = baggage.setEntry(key, { value: percentDecode(value) })
  return baggage
}

/** A request can have thousands of names: most differ in the first letter. */
function isBaggageName(name: string): boolean {
  return (name.charCodeAt(0) | 0x20) === 0x75 && name.toLowerCase().startsWith(BAGGAGE_PREFIX)
}
