import type { TextMapPropagator } from '@opentelemetry/api'
import { takeOutgoingUrl } from '../internal/http/outgoing-request.js'

/** A part of the URL, or a regular expression that is tested against all of it. */
export type PropagationTarget = string | RegExp

/** The default. Every URL has the empty text in it. */
export const EVERYWHERE: readonly PropagationTarget[] = ['']

/**
 * The propagator, writing headers only into HTTP requests whose URL is one of the targets. What is no HTTP request, such as
 * a message, is not held back: its receiver is a broker of one's own.
 */
export function withPropagationTargets(
  propagator: TextMapPropagator,
  targets: readonly PropagationTarget[],
): TextMapPropagator {
  return {
    inject(context, carrier, setter) {
      const url = takeOutgoingUrl()
      if (url === undefined || isTarget(url, targets)) propagator.inject(context, carrier, setter)
    },
    extract: (context, carrier, getter) => propagator.extract(context, carrier, getter),
    fields: () => propagator.fields(),
  }
}

/** `search` looks from the start, whatever a regular expression with `g` or `y` remembers. */
function isTarget(url: string, targets: readonly PropagationTarget[]): boolean {
  return targets.some((target) => (typeof target === 'string' ? url.includes(target) : url.search(target) !== -1))
}
