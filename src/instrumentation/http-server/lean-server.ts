import { createNoopMeter, type Tracer } from '@opentelemetry/api'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { messageOf, warnOnce } from '../../internal/diagnostics.js'
import type { InstrumentationClass } from '../guarded-patches.js'
import { requestAttributes, type Scheme } from './request-attributes.js'
import { handleInSpan } from './server-request.js'

type Emit = (this: Server, ...args: unknown[]) => boolean

/** What there is inside of upstream's class. Where an upgrade takes it away, all requests are upstream's again. */
interface HttpInstrumentationInside {
  readonly tracer: Tracer
  readonly _httpServerDurationHistogram?: object
  getConfig(): HttpInstrumentationConfig
  _incomingRequestFunction(scheme: Scheme, original: Emit): Emit
}

/** Options that say nothing of requests that come in, and the one that is looked after here. */
const NOT_OF_CONCERN: ReadonlySet<string> = new Set([
  'enabled',
  'responseHook',
  'disableOutgoingRequestInstrumentation',
  'ignoreOutgoingRequestHook',
  'requireParentforOutgoingSpans',
  'startOutgoingSpanHook',
])

const NO_HISTOGRAM = createNoopMeter().createHistogram('none').constructor

/**
 * The instrumentation of http, with requests to servers traced for a third of the cost: the spans are the same. Whatever is
 * wanted beyond that, by an option or for metrics, and each request that needs more than a look, is left to upstream's code.
 */
export function withLeanServer(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as HttpInstrumentationInside
  class LeanServer extends Class {
    _incomingRequestFunction(scheme: Scheme, original: Emit): Emit {
      const inside = this as unknown as HttpInstrumentationInside
      const byUpstream = upstream._incomingRequestFunction.call(inside, scheme, original)
      return function (...args) {
        if (args[0] !== 'request') return original.apply(this, args)
        const [, request, response] = args as [string, IncomingMessage, ServerResponse]
        const attributes = isLean(inside) ? requestAttributes(scheme, request) : undefined
        if (!attributes) return byUpstream.apply(this, args)
        const arrival = { request, response, attributes, onResponse: guardedHook(inside.getConfig()) }
        return handleInSpan(inside.tracer, arrival, () => original.apply(this, args))
      }
    }
  }
  return LeanServer
}

/** Configurations that have been looked at, each once. */
const leanConfigs = new WeakMap<HttpInstrumentationConfig, boolean>()

function isLean(inside: HttpInstrumentationInside): boolean {
  if (inside._httpServerDurationHistogram?.constructor !== NO_HISTOGRAM) return false
  const config = inside.getConfig()
  let isLean = leanConfigs.get(config)
  if (isLean === undefined) {
    isLean = Object.entries(config).every(([name, value]) => value === undefined || NOT_OF_CONCERN.has(name))
    leanConfigs.set(config, isLean)
  }
  return isLean
}

function guardedHook({ responseHook }: HttpInstrumentationConfig): HttpInstrumentationConfig['responseHook'] {
  if (!responseHook) return undefined
  return (span, response) => {
    try {
      responseHook(span, response)
    } catch (error) {
      warnOnce('responseHook', `the responseHook of http failed: ${messageOf(error)}`)
    }
  }
}
