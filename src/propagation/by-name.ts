import { trace, type TextMapPropagator, type TextMapGetter } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
// Loaded when they are first used, by the build: scripts/bundle-sdk.ts.
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray'
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3'
import { baggagePropagator } from './baggage/baggage-propagator.js'
import { traceContextPropagator } from './trace-context/trace-context-propagator.js'
import { datadogPropagator as datadog, jaegerPropagator as jaeger } from './vendor-propagators.js'
import { headerText } from './carriers/header-text.js'
import { neverThrowing } from './composite.js'

/** Propagators that go by a name, as OTEL_PROPAGATORS writes it. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'xray' | 'jaeger' | 'datadog'

export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage']

/** Two ids, the parent's, a flag, and dashes between: 68 characters. B3 may stand in other text, which nobody sends. */
const LONGEST_B3 = 128
/** `Root`, `Parent` and `Sampled` take 100 characters. Load balancers and Lambda add fields of their own. */
const LONGEST_XRAY = 1_024

const FACTORIES: Readonly<Record<PropagatorName, () => TextMapPropagator>> = {
  tracecontext: traceContextPropagator,
  baggage: baggagePropagator,
  b3: () => packagedPropagator('b3', new B3Propagator(), LONGEST_B3),
  b3multi: () =>
    packagedPropagator('b3multi', new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }), LONGEST_B3),
  xray: () => packagedPropagator('xray', new AWSXRayPropagator(), LONGEST_XRAY),
  jaeger: jaegerPropagator,
  datadog: datadogPropagator,
}

/**
 * Propagates by the headers of Jaeger's clients: `uber-trace-id`, and `uberctx-…`, one for each entry of baggage. The
 * debug flag is passed on. `jaeger-debug-id` and `jaeger-baggage` are not looked at. Never throws.
 */
export function jaegerPropagator(): TextMapPropagator {
  return jaeger()
}

/**
 * Propagates by the headers of Datadog's tracers (`x-datadog-…`). Priority, origin and tags travel through the process in
 * the `dd` member of the span context's tracestate, as Datadog has it, so that the propagator `tracecontext` passes them
 * on, too. `ot-baggage-…` is not looked at. Never throws.
 */
export function datadogPropagator(): TextMapPropagator {
  return datadog()
}

export const PROPAGATOR_NAMES: readonly string[] = Object.keys(FACTORIES)

export function propagatorByName(name: string): TextMapPropagator | undefined {
  return Object.hasOwn(FACTORIES, name) ? FACTORIES[name as PropagatorName]() : undefined
}

/**
 * A propagator of OpenTelemetry's packages, made safe: it gets texts only, none that is longer than its format, throws nothing,
 * is quiet where tracing is suppressed, and what it extracts has ids of small letters, as logs and W3C's headers have them.
 */
export function packagedPropagator(name: string, propagator: TextMapPropagator, longest: number): TextMapPropagator {
  const lengths = new Set(propagator.fields().map((field) => field.length))
  return neverThrowing(name, {
    inject(context, carrier, setter) {
      if (!isTracingSuppressed(context)) propagator.inject(context, carrier, setter)
    },
    extract(context, carrier, getter) {
      const extracted = propagator.extract(context, carrier, boundedGetter(getter, longest, lengths))
      const spanContext = trace.getSpanContext(extracted)
      if (!spanContext || spanContext === trace.getSpanContext(context)) return extracted
      const traceId = spanContext.traceId.toLowerCase()
      return trace.setSpanContext(extracted, { ...spanContext, traceId, spanId: spanContext.spanId.toLowerCase() })
    },
    fields: () => propagator.fields(),
  })
}

/** Names are texts as well, and only those of a field's length: all others would be compared, and there can be thousands. */
function boundedGetter(getter: TextMapGetter, longest: number, lengths: ReadonlySet<number>): TextMapGetter {
  return {
    get: (carrier, name) => headerText(carrier, getter, name, longest),
    keys: (carrier) =>
      getter.keys(carrier).filter((name: unknown) => typeof name === 'string' && lengths.has(name.length)),
  }
}
