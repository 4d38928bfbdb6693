import { trace, type TextMapPropagator, type TextMapGetter } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
// Loaded when they are first used, by the build: scripts/bundle-sdk.ts.
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray'
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3'
import { baggagePropagator } from './baggage/baggage-propagator.js'
import { datadogPropagator } from './datadog-propagator.js'
import { jaegerPropagator } from './jaeger-propagator.js'
import { traceContextPropagator } from './trace-context/trace-context-propagator.js'
import { headerTexts } from './carriers/header-text.js'
import { neverThrowing } from './composite.js'

/** Propagators that go by a name, as OTEL_PROPAGATORS writes it. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'xray' | 'jaeger' | 'datadog'

export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage']

const FACTORIES: Readonly<Record<PropagatorName, () => TextMapPropagator>> = {
  tracecontext: traceContextPropagator,
  baggage: baggagePropagator,
  b3: () => packagedPropagator('b3', new B3Propagator()),
  b3multi: () => packagedPropagator('b3multi', new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })),
  xray: () => packagedPropagator('xray', new AWSXRayPropagator()),
  jaeger: jaegerPropagator,
  datadog: datadogPropagator,
}

export const PROPAGATOR_NAMES: readonly string[] = Object.keys(FACTORIES)

export function propagatorByName(name: string): TextMapPropagator | undefined {
  return Object.hasOwn(FACTORIES, name) ? FACTORIES[name as PropagatorName]() : undefined
}

/**
 * A propagator of OpenTelemetry's packages, made safe: it gets texts only, throws nothing, is quiet where tracing is
 * suppressed, and what it extracts has ids of small letters, as logs and W3C's headers have them.
 */
export function packagedPropagator(name: string, propagator: TextMapPropagator): TextMapPropagator {
  return neverThrowing(name, {
    inject(context, carrier, setter) {
      if (!isTracingSuppressed(context)) propagator.inject(context, carrier, setter)
    },
    extract(context, carrier, getter) {
      const extracted = propagator.extract(context, carrier, textsOnly(getter))
      const spanContext = trace.getSpanContext(extracted)
      if (!spanContext || spanContext === trace.getSpanContext(context)) return extracted
      const traceId = spanContext.traceId.toLowerCase()
      return trace.setSpanContext(extracted, { ...spanContext, traceId, spanId: spanContext.spanId.toLowerCase() })
    },
    fields: () => propagator.fields(),
  })
}

function textsOnly(getter: TextMapGetter): TextMapGetter {
  return {
    get: (carrier, name) => headerTexts(carrier, getter, name)[0],
    keys: (carrier) => getter.keys(carrier).filter((name: unknown) => typeof name === 'string'),
  }
}
