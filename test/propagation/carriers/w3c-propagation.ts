import { context, propagation, ROOT_CONTEXT, trace, TraceFlags, type Context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, TraceState, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { afterAll, beforeAll } from 'vitest'

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'
export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
export const TRACESTATE = 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'
export const BAGGAGE = 'tenant=blue%20moon'

/** Every carrier in these tests gets this, and gives it back. */
export const SENDER: Context = propagation.setBaggage(
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    traceFlags: TraceFlags.SAMPLED,
    traceState: new TraceState(TRACESTATE),
  }),
  propagation.createBaggage({ tenant: { value: 'blue moon' } }),
)

/** What travels, in words that can be compared. */
export function travelled(received: Context): Record<string, unknown> {
  const spanContext = trace.getSpanContext(received)
  return {
    traceId: spanContext?.traceId,
    spanId: spanContext?.spanId,
    traceFlags: spanContext?.traceFlags,
    traceState: spanContext?.traceState?.serialize(),
    tenant: propagation.getBaggage(received)?.getEntry('tenant')?.value,
  }
}

export const ALL_OF_IT: Record<string, unknown> = travelled(SENDER)

/** Registers W3C's propagators and a context manager for the tests of a file. */
export function useW3cPropagation(): void {
  beforeAll(registerW3cPropagation)
  afterAll(() => {
    propagation.disable()
    context.disable()
  })
}

export function registerW3cPropagation(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const propagators = [new W3CBaggagePropagator(), new W3CTraceContextPropagator()]
  propagation.setGlobalPropagator(new CompositePropagator({ propagators }))
}
