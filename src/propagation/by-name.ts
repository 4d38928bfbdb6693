import type { TextMapPropagator } from '@opentelemetry/api'
import { requireOwn } from '../internal/runtime/require.js'
import { baggagePropagator } from './baggage/baggage-propagator.js'
import { datadogPropagator } from './datadog/datadog-propagator.js'
import { jaegerPropagator } from './jaeger/jaeger-propagator.js'
import { packagedPropagator } from './packaged-propagator.js'
import { traceContextPropagator } from './trace-context/trace-context-propagator.js'

/** Propagators that go by a name, as OTEL_PROPAGATORS writes it. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'xray' | 'jaeger' | 'datadog'

export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage']

const FACTORIES: Readonly<Record<PropagatorName, () => TextMapPropagator>> = {
  tracecontext: traceContextPropagator,
  baggage: baggagePropagator,
  b3: () => packagedPropagator('b3', new (b3().B3Propagator)()),
  b3multi: () =>
    packagedPropagator('b3multi', new (b3().B3Propagator)({ injectEncoding: b3().B3InjectEncoding.MULTI_HEADER })),
  xray: () => packagedPropagator('xray', new (xray().AWSXRayPropagator)()),
  jaeger: jaegerPropagator,
  datadog: datadogPropagator,
}

export const PROPAGATOR_NAMES: readonly string[] = Object.keys(FACTORIES)

export function propagatorByName(name: string): TextMapPropagator | undefined {
  return Object.hasOwn(FACTORIES, name) ? FACTORIES[name as PropagatorName]() : undefined
}

const b3 = () => requireOwn('@opentelemetry/propagator-b3') as typeof import('@opentelemetry/propagator-b3')
const xray = () =>
  requireOwn('@opentelemetry/propagator-aws-xray') as typeof import('@opentelemetry/propagator-aws-xray')
