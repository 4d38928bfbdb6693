import type { TextMapPropagator } from '@opentelemetry/api'
import { W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { requireOwn } from '../internal/require.js'

/** Propagators that go by a name, as OTEL_PROPAGATORS writes it. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi'

export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage']

const FACTORIES: Readonly<Record<PropagatorName, () => TextMapPropagator>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: () => new (b3().B3Propagator)(),
  b3multi: () => new (b3().B3Propagator)({ injectEncoding: b3().B3InjectEncoding.MULTI_HEADER }),
}

export const PROPAGATOR_NAMES: readonly string[] = Object.keys(FACTORIES)

export function propagatorByName(name: string): TextMapPropagator | undefined {
  return Object.hasOwn(FACTORIES, name) ? FACTORIES[name as PropagatorName]() : undefined
}

const b3 = () => requireOwn('@opentelemetry/propagator-b3') as typeof import('@opentelemetry/propagator-b3')
