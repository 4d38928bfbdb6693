import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'

/**
 * A propagator that never throws into the host: a carrier, getter or setter that does is told once, and nothing is
 * extracted or injected.
 */
export function neverThrowing(name: string, propagator: TextMapPropagator): TextMapPropagator & { toString(): string } {
  return {
    inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
      try {
        propagator.inject(context, carrier, setter)
      } catch (error) {
        warnOnce(`inject ${name}`, `the propagator ${name} could not write its headers: ${messageOf(error)}`)
      }
    },
    extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
      try {
        return propagator.extract(context, carrier, getter)
      } catch (error) {
        warnOnce(`extract ${name}`, `the propagator ${name} could not read its headers: ${messageOf(error)}`)
        return context
      }
    },
    fields: () => propagator.fields(),
    toString: () => name,
  }
}
