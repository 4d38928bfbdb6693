import { ROOT_CONTEXT, trace, type TextMapPropagator } from '@opentelemetry/api'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { withOutsideTrace } from '../internal/otel-api/outside-trace.js'

/**
 * Whether a trace that comes in is continued, and its baggage taken over: always, never, or as a function decides by
 * the headers of a request or a message. `header` reads one by its name in lower case.
 */
export type TrustIncoming = boolean | ((header: (name: string) => string | undefined) => boolean)

/** The propagator, extracting only what is trusted; anything else starts a trace of its own, with a link to the caller's. */
export function withTrustIncoming(propagator: TextMapPropagator, trust: TrustIncoming): TextMapPropagator {
  if (trust === true) return propagator
  // In plain JavaScript it may answer anything, a promise for instance.
  const isTrusted = (header: (name: string) => string | undefined): boolean =>
    trust !== false && safely(FAILED, (): unknown => trust(header)) === true
  return {
    inject: (context, carrier, setter) => propagator.inject(context, carrier, setter),
    extract(context, carrier, getter) {
      if (isTrusted((name) => firstText(getter.get(carrier, name)))) {
        return propagator.extract(withOutsideTrace(context, undefined), carrier, getter)
      }
      return withOutsideTrace(context, trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, getter)))
    },
    fields: () => propagator.fields(),
  }
}

const FAILED = 'trustIncoming failed, the headers are not trusted'

const firstText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value
