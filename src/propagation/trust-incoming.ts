import type { TextMapPropagator } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'

/**
 * Whether a trace that comes in is continued, and its baggage taken over: always, never, or as a function decides by
 * the headers of a request or a message. `header` reads one by its name in lower case.
 */
export type TrustIncoming = boolean | ((header: (name: string) => string | undefined) => boolean)

/** The propagator, extracting only what is trusted; anything else starts a trace of its own. */
export function withTrustIncoming(propagator: TextMapPropagator, trust: TrustIncoming): TextMapPropagator {
  if (trust === true) return propagator
  const isTrusted = trust === false ? () => false : askedFor(trust)
  return {
    inject: (context, carrier, setter) => propagator.inject(context, carrier, setter),
    extract: (context, carrier, getter) =>
      isTrusted((name) => firstText(getter.get(carrier, name)))
        ? propagator.extract(context, carrier, getter)
        : context,
    fields: () => propagator.fields(),
  }
}

/** What can't be asked is not trusted. */
function askedFor(trust: Exclude<TrustIncoming, boolean>): Exclude<TrustIncoming, boolean> {
  return (header) => {
    try {
      // In plain JavaScript it may answer anything, a promise for instance.
      const answer: unknown = trust(header)
      return answer === true
    } catch (error) {
      warnOnce('trustIncoming', `trustIncoming failed (${messageOf(error)}); the headers are not trusted`)
      return false
    }
  }
}

const firstText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value
