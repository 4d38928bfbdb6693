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
import { Budget, isToken, percentDecode } from './baggage/format.js'
import { headerTexts } from './carriers/header-text.js'
import { neverThrowing } from './composite.js'

const HEADER = 'uber-trace-id'
const BAGGAGE_PREFIX = 'uberctx-'
/** `{trace-id}:{span-id}:{parent-span-id}:{flags}`; leading zeros may be left out, and the parent is not looked at. */
const IDENTITY = /^[\t ]*([0-9a-f]{1,32}):([0-9a-f]{1,16}):[^:]*:([0-9a-f]{1,2})[\t ]*$/i
const SAMPLED_BIT = 1
const DEBUG_BIT = 2
/** The trace that came with the debug flag: where several propagators read, another trace may be the one that goes on. */
const DEBUG_TRACE = createContextKey('spanwright.jaeger-debug')

/**
 * Propagates by the headers of Jaeger's clients: `uber-trace-id`, and `uberctx-…`, one for each entry of baggage. The
 * debug flag is passed on. `jaeger-debug-id` and `jaeger-baggage` are not looked at. Never throws.
 */
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
      const found = readIdentity(headerTexts(carrier, getter, HEADER)[0])
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
  const budget = new Budget()
  for (const [key, entry] of baggage.getAllEntries()) {
    if (!isToken(key)) {
      warnUnwritableKey(key)
      continue
    }
    const value = encodeURIComponent(entryText(entry).toWellFormed())
    if (budget.take(key.length + 1 + value.length)) setter.set(carrier, BAGGAGE_PREFIX + key, value)
    else warnTooMuch('out', key)
  }
}

/** Next to the baggage that is there; the same object where nothing is added. */
function extractBaggage(before: Baggage | undefined, carrier: unknown, getter: TextMapGetter): Baggage | undefined {
  const budget = new Budget()
  let baggage = before
  for (const name of getter.keys(carrier) as readonly unknown[]) {
    if (typeof name !== 'string' || !name.toLowerCase().startsWith(BAGGAGE_PREFIX)) continue
    const key = name.slice(BAGGAGE_PREFIX.length)
    const text = headerTexts(carrier, getter, name)[0]
    if (text === undefined || !isToken(key)) continue
    if (!budget.take(key.length + 1 + text.length)) {
      warnTooMuch('in', key)
      continue
    }
    // The clients for Go and Java write a blank as +; all others write + as %2B.
    const value = percentDecode(text.replaceAll('+', ' '))
    baggage = (baggage ?? propagation.createBaggage()).setEntry(key, { value })
  }
  return baggage
}
