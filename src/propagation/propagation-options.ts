import { readEnv, readEnvList, warnOfEnvValue } from '../internal/runtime/env.js'
import { checkBaggageAttributes } from './baggage-attributes.js'
import { checkPropagationTargets, type PropagationTarget } from './propagation-targets.js'
import { checkTraceResponseHeaders, TRACE_RESPONSE_HEADERS, type TraceResponseHeader } from './response-headers.js'
import { checkTrustIncoming, type TrustIncoming } from './trust-incoming.js'

/** What goes over the border of a service, and what is believed of what comes in. */
export interface PropagationOptions {
  /**
   * The HTTP requests that trace context and baggage are sent with, by parts of their URL or regular expressions; an empty
   * list: none. Messages are not held back. Default: all. Baggage goes to third parties, too: think of this when you use it.
   */
  propagationTargets?: readonly PropagationTarget[]
  /**
   * Whether a trace that comes in is continued and its baggage taken over. `false` for a service at the edge, where anybody
   * could send any; or a function that tells by the headers: `(header) => header('x-from-gateway') === secret`.
   * Default: true.
   */
  trustIncoming?: TrustIncoming
  /** Response headers by which a browser or a caller finds the trace. Default: none. */
  traceResponseHeaders?: readonly TraceResponseHeader[]
  /** Names of baggage entries that every span gets as attributes; `app.*` stands for all that begin so. Default: none. */
  baggageAttributes?: readonly string[]
}

export const PROPAGATION_OPTION_NAMES: readonly (keyof PropagationOptions)[] = [
  'propagationTargets',
  'trustIncoming',
  'traceResponseHeaders',
  'baggageAttributes',
]

/** @throws TracingConfigError for the first that is wrong */
export function checkPropagationOptions(options: PropagationOptions): void {
  checkPropagationTargets(options.propagationTargets)
  checkTrustIncoming(options.trustIncoming)
  checkTraceResponseHeaders('traceResponseHeaders', options.traceResponseHeaders)
  if (options.baggageAttributes !== undefined) checkBaggageAttributes(options.baggageAttributes)
}

/** The same from `SPANWRIGHT_*`: OpenTelemetry has no names for them. What is wrong is told once and left out. */
export function propagationOptionsFromEnvironment(): PropagationOptions {
  const targets = readEnvList('SPANWRIGHT_PROPAGATION_TARGETS')
  const attributes = readEnvList('SPANWRIGHT_BAGGAGE_ATTRIBUTES')
  return {
    ...(targets && { propagationTargets: targets.flatMap(targetFrom) }),
    ...trustFromEnvironment(),
    ...responseHeadersFromEnvironment(),
    ...(attributes && areBaggageAttributes(attributes) && { baggageAttributes: attributes }),
  }
}

/** `/…/` or `/…/i` is a regular expression, anything else a part of the URL. */
function targetFrom(text: string): PropagationTarget[] {
  const [, source, flags] = /^\/(.+)\/([dgimsuvy]*)$/.exec(text) ?? []
  if (source === undefined) return [text]
  try {
    return [new RegExp(source, flags)]
  } catch {
    warnOfEnvValue('SPANWRIGHT_PROPAGATION_TARGETS', 'parts of URLs or /regular expressions/', `${text} is left out`)
    return []
  }
}

function trustFromEnvironment(): PropagationOptions {
  const value = readEnv('SPANWRIGHT_TRUST_INCOMING')?.toLowerCase()
  if (value === 'true' || value === 'false') return { trustIncoming: value === 'true' }
  if (value !== undefined) warnOfEnvValue('SPANWRIGHT_TRUST_INCOMING', 'true or false', 'incoming traces are continued')
  return {}
}

function responseHeadersFromEnvironment(): PropagationOptions {
  const names = readEnvList('SPANWRIGHT_TRACE_RESPONSE_HEADERS')
  if (!names) return {}
  const known = names.map((name) => name.toLowerCase()).filter((name) => isResponseHeader(name))
  if (known.length < names.length) {
    const allowed = `a list of ${TRACE_RESPONSE_HEADERS.join(', ')}`
    warnOfEnvValue('SPANWRIGHT_TRACE_RESPONSE_HEADERS', allowed, 'other names are left out')
  }
  return { traceResponseHeaders: known }
}

const isResponseHeader = (name: string): name is TraceResponseHeader =>
  (TRACE_RESPONSE_HEADERS as readonly string[]).includes(name)

function areBaggageAttributes(names: readonly string[]): boolean {
  try {
    checkBaggageAttributes(names)
    return true
  } catch {
    warnOfEnvValue('SPANWRIGHT_BAGGAGE_ATTRIBUTES', 'a list of names, or beginnings such as app.*', 'it is left out')
    return false
  }
}
