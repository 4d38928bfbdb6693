import { context, type Context } from '@opentelemetry/api'
import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation'
import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { wrapMethod } from './wrap-method.js'

/** Calls that a pool of undici has taken, by the handler that each has of its own, until it is a request. */
const callers = new WeakMap<object, Context>()

/** Undici's key for the handler of a request: a symbol, which each copy of undici has of its own. */
const handlerKeys: symbol[] = []

interface RequestCreated {
  readonly request: object
}

interface UndiciInside {
  onRequestCreated(message: RequestCreated): void
}

/**
 * The instrumentation of undici, with the span and the headers of a request made in the context of its call. A pool that has
 * no free connection makes the request later, in the context of whichever request has freed one. (undici before 8.13)
 */
export function withUndiciCallers(Class: InstrumentationClass): InstrumentationClass {
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
      const caller = callerOf(message.request)
      const create = (): void => upstream.onRequestCreated.call(this, message)
      if (caller === undefined) create()
      else context.with(caller, create)
    }
  }
}

interface UndiciExports {
  readonly Pool?: { readonly prototype: object }
  readonly default?: { readonly Pool?: { readonly prototype: object } }
}

/** Has a kind of dispatcher note who calls it. */
function rememberCallers(dispatcher: object): void {
  wrapMethod(
    dispatcher,
    'dispatch',
    (original) =>
      function (...args) {
        const [, handler] = args as unknown as [unknown, object]
        callers.set(handler, context.active())
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
