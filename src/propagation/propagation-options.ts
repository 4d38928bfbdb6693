import { warnOfEnvValue, readEnvChoice, readEnvList } from '../internal/runtime/env.js'
import { listRow, type OptionTable } from '../internal/checks/option-table.js'
import { wrongType } from '../internal/checks/validate.js'
import { BAGGAGE_ATTRIBUTES } from './baggage-attributes.js'
import { EVERYWHERE, type PropagationTarget } from './propagation-targets.js'
import { checkTraceResponseHeaders, TRACE_RESPONSE_HEADERS, type TraceResponseHeader } from './response-headers.js'
import type { TrustIncoming } from './trust-incoming.js'

/** What goes over the border of a service, and what is believed of what comes in. */
export interface PropagationOptions {
  /**
   * The HTTP requests that trace context and baggage are sent with, by parts of their URL or regular expressions; an empty
   * list: none. Messages are not held back. Default: all. Baggage goes to third parties, too: think of this when you use it.
   */
  propagationTargets?: readonly PropagationTarget[]
  /**
   * Whether a trace that comes in is continued and its baggage taken over. `false` for a service at the edge, where any
   * caller could send one; or a function that decides by the headers: `(header) => header('x-from-gateway') === secret`.
   * What is not trusted starts a trace of its own, with a link to the one outside. Default: true.
   */
  trustIncoming?: TrustIncoming
  /** Response headers by which a browser or a caller finds the trace. Default: none. */
  traceResponseHeaders?: readonly TraceResponseHeader[]
  /** Names of baggage entries that every span gets as attributes; `app.*` stands for all that begin so. Default: none. */
  baggageAttributes?: readonly string[]
}

const TARGETS = 'parts of URLs or /regular expressions/'

/** OpenTelemetry has no variables for these. */
export const PROPAGATION_OPTIONS: OptionTable<PropagationOptions> = {
  propagationTargets: listRow<PropagationTarget>(
    { entry: 'a part of a URL or a regular expression', list: TARGETS },
    (target) => target instanceof RegExp || (typeof target === 'string' && target !== ''),
    {
      variables: ['SPANWRIGHT_PROPAGATION_TARGETS'],
      read: (variable) => readEnvList(variable)?.flatMap((text) => targetFrom(variable, text)),
      default: EVERYWHERE,
      format: (targets) => (targets === EVERYWHERE ? 'all' : targets.join(', ')),
    },
  ),
  trustIncoming: {
    check(option, given) {
      if (typeof given === 'boolean' || typeof given === 'function') return
      throw wrongType(option, 'true, false or a function', given)
    },
    variables: ['SPANWRIGHT_TRUST_INCOMING'],
    read: (variable) => readEnvChoice(variable, { true: true, false: false }, 'incoming traces are continued'),
    default: true,
  },
  traceResponseHeaders: {
    check: checkTraceResponseHeaders,
    variables: ['SPANWRIGHT_TRACE_RESPONSE_HEADERS'],
    read: readResponseHeaders,
    isList: true,
    default: [],
  },
  baggageAttributes: BAGGAGE_ATTRIBUTES,
}

/** `/…/` or `/…/i` is a regular expression, anything else a part of the URL. */
function targetFrom(variable: string, text: string): PropagationTarget[] {
  const [, source, flags] = /^\/(.+)\/([dgimsuvy]*)$/.exec(text) ?? []
  if (source === undefined) return [text]
  try {
    return [new RegExp(source, flags)]
  } catch {
    warnOfEnvValue(variable, TARGETS, `${text} is left out`)
    return []
  }
}

function readResponseHeaders(variable: string): readonly TraceResponseHeader[] | undefined {
  const names = readEnvList(variable)
  const known = names?.map((name) => name.toLowerCase()).filter(isResponseHeader)
  if (known?.length !== names?.length) {
    warnOfEnvValue(variable, `a list of ${TRACE_RESPONSE_HEADERS.join(', ')}`, 'other names are left out')
  }
  return known
}

const isResponseHeader = (name: string): name is TraceResponseHeader =>
  (TRACE_RESPONSE_HEADERS as readonly string[]).includes(name)
