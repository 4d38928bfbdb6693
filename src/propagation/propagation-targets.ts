import type { TextMapPropagator } from '@opentelemetry/api'
import { TracingConfigError, checkArray } from '../internal/checks/validate.js'
import { takeOutgoingUrl } from '../internal/http/outgoing-request.js'

/** A part of the URL, or a regular expression that is tested against all of it. */
export type PropagationTarget = string | RegExp

/** The default. Every URL has the empty text in it. */
export const EVERYWHERE: readonly PropagationTarget[] = ['']

/** @throws TracingConfigError for anything but strings that are not empty, and regular expressions */
export function checkPropagationTargets(given: unknown): void {
  if (given === undefined) return
  checkArray('propagationTargets', given)
  for (const [index, target] of (given as readonly unknown[]).entries()) {
    if (target instanceof RegExp || (typeof target === 'string' && target !== '')) continue
    throw new TracingConfigError(typeof target === 'string' ? 'ERR_OPTION_RANGE' : 'ERR_OPTION_TYPE', {
      option: `propagationTargets[${index}]`,
      allowed: 'a part of a URL or a regular expression',
      received: target,
    })
  }
}

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
