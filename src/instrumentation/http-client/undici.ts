import { context, type Context } from '@opentelemetry/api'
import { InstrumentationNodeModuleDefinition, type Instrumentation } from '@opentelemetry/instrumentation'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { isGivenUp } from '../http/http-outcomes.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { wrapMethod } from '../queued-calls.js'

interface RequestCreated {
  readonly request: object
}

interface RequestFailed {
  readonly request: object
  readonly error: unknown
}

/** What there is inside of upstream's class, none of it public; tests see whether it is there. */
interface UndiciInside {
  onRequestCreated(message: RequestCreated): void
  onError(message: RequestFailed): void
}

/**
 * The instrumentation of undici, with two things mended. The span and the headers of a request are made in the context of its
 * call: before undici 8.13 a pool without a free connection makes the request in the context of the one that has freed it.
 * And `error.type` is a text: upstream takes any `code`, which is a number in the time-out of `AbortSignal.timeout()`, and an
 * error for an object, while a signal's reason can be anything.
 */
export function withOurUndici(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as UndiciInside
  return class extends Class {
    override init(): InstrumentationNodeModuleDefinition[] {
      return [
        new InstrumentationNodeModuleDefinition('undici', ['>=5'], (exported: UndiciExports) => {
          const Pool = exported.Pool ?? exported.default?.Pool
          if (Pool) rememberCallers(Pool.prototype)
          return exported
        }),
      ]
    }

    onRequestCreated(message: RequestCreated): void {
      rememberCallersOfFetch()
      context.with(callerOf(message.request) ?? context.active(), () => upstream.onRequestCreated.call(this, message))
    }

    onError({ request, error }: RequestFailed): void {
      upstream.onError.call(this, { request, error: isGivenUp(error) ? error : describable(error) })
    }
  }
}

interface UndiciExports {
  readonly Pool?: { readonly prototype: object }
  readonly default?: { readonly Pool?: { readonly prototype: object } }
}

/** Calls that a pool has taken, by the handler that each has of its own, until it is a request. */
const callers = new WeakMap<object, Context>()

/** Has a kind of dispatcher note who calls it. */
function rememberCallers(dispatcher: object): void {
  wrapMethod(
    dispatcher,
    'dispatch',
    (original) =>
      function (...args) {
        const [, handler] = args
        if (typeof handler === 'object' && handler !== null) callers.set(handler, context.active())
        return original.apply(this, args)
      },
  )
}

const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1')
let lastGlobalDispatcher: unknown

/** The undici behind `fetch` is inside of Node.js, and shows by the dispatcher that it leaves with the first call. */
function rememberCallersOfFetch(): void {
  const dispatcher = (globalThis as Record<symbol, unknown>)[GLOBAL_DISPATCHER]
  if (dispatcher === lastGlobalDispatcher) return
  lastGlobalDispatcher = dispatcher
  if (typeof dispatcher === 'object' && dispatcher !== null) rememberCallers(dispatcher)
}

/** Undici's key for the handler of a request: a symbol, which each copy of undici has of its own. */
const handlerKeys: symbol[] = []

function callerOf(request: object): Context | undefined {
  let key = handlerKeys.find((key) => key in request)
  if (!key) {
    key = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler')
    if (!key) return undefined
    handlerKeys.push(key)
  }
  const handler = (request as Record<symbol, unknown>)[key]
  return typeof handler === 'object' && handler !== null ? callers.get(handler) : undefined
}

/** What upstream reads of an error. */
function describable(error: unknown): object {
  const { message = String(error), stack } = (error ?? {}) as Partial<Error>
  const type = errorTypeOf(error)
  return { code: type, name: type, message, ...(stack !== undefined && { stack }) }
}

/** Undici, which is also behind `fetch`, announces each request there, before it is sent. */
const REQUEST_CREATED = 'undici:request:create'

/**
 * Starts the instrumentation of undici with the first request: an app that makes none does not pay for it. It listens from
 * then on by itself; what started it has been announced already and is passed on.
 */
export function startWithFirstFetch(start: () => Instrumentation | undefined): void {
  const onCreated = (message: unknown): void => {
    unsubscribe(REQUEST_CREATED, onCreated)
    const instrumentation = start() as (Instrumentation & Partial<UndiciInside>) | undefined
    instrumentation?.onRequestCreated?.(message as RequestCreated)
  }
  subscribe(REQUEST_CREATED, onCreated)
}
