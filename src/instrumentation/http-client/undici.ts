import { context, type Context } from '@opentelemetry/api'
import { InstrumentationNodeModuleDefinition, type Instrumentation } from '@opentelemetry/instrumentation'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { safely, warnOfError } from '../../internal/diagnostics/diagnostics.js'
import { announceOutgoingUrl } from '../../internal/http/outgoing-request.js'
import { contextWithSpan } from '../../internal/otel-api/context-with-span.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { wrapMethod } from '../queued-calls.js'
import {
  requestCreated,
  requestDone,
  requestFailed,
  requestSent,
  responseStarted,
  type UndiciInside,
  type UndiciRequest,
  type UndiciResponse,
} from './undici-spans.js'

interface OfRequest {
  readonly request: UndiciRequest
}

/**
 * The instrumentation of undici, its channels heard by code of our own, for half of the cost: spans, options and hooks are the
 * same. The span and the headers of a request are made in the context of its call: before undici 8.13 a pool without a free
 * connection makes the request in the context of the one that has freed it.
 */
export function withOurUndici(Class: InstrumentationClass): InstrumentationClass {
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

    // What a subscriber throws ends the process.
    onRequestCreated({ request }: OfRequest): void {
      try {
        rememberCallersOfFetch()
        created(this as never, request)
      } catch (error) {
        warnOfError('a request of undici is not traced', error)
      }
    }

    onRequestHeaders({ request, socket }: OfRequest & { readonly socket: Socket }): void {
      try {
        requestSent(this as never, request, socket)
      } catch (error) {
        warnOfError(INCOMPLETE, error)
      }
    }

    onResponseHeaders({ request, response }: OfRequest & { readonly response: UndiciResponse }): void {
      try {
        responseStarted(this as never, request, response, SHARED)
      } catch (error) {
        warnOfError(INCOMPLETE, error)
      }
    }

    onDone({ request }: OfRequest): void {
      try {
        requestDone(this as never, request)
      } catch (error) {
        warnOfError(INCOMPLETE, error)
      }
    }

    onError({ request, error }: OfRequest & { readonly error: unknown }): void {
      try {
        requestFailed(this as never, request, error)
      } catch (thrown) {
        warnOfError(INCOMPLETE, thrown)
      }
    }
  }
}

const SHARED = { announceOutgoingUrl, contextWithSpan, safely }

/** Hooks and propagators run in the caller's context. */
function created(inside: UndiciInside, request: UndiciRequest): void {
  const active = context.active()
  const caller = callerOf(request) ?? active
  if (caller === active) requestCreated(inside, request, active, SHARED)
  else context.with(caller, requestCreated, undefined, inside, request, caller, SHARED)
}

const INCOMPLETE = 'the span of a request of undici is not complete'

interface UndiciExports {
  readonly Pool?: { readonly prototype: object }
  readonly default?: { readonly Pool?: { readonly prototype: object } }
}

/** Of calls that a pool has taken, on the handler that each has of its own, until it is a request: a WeakMap costs the collector more. */
const CALLER = Symbol('spanwright.caller')

/** Has a kind of dispatcher note who calls it. */
function rememberCallers(dispatcher: object): void {
  wrapMethod(
    dispatcher,
    'dispatch',
    (original) =>
      function (...args) {
        const [, handler] = args
        // One that is frozen has none.
        if (typeof handler === 'object' && handler !== null) Reflect.set(handler, CALLER, context.active())
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
  return (handler as { readonly [CALLER]?: Context } | null | undefined)?.[CALLER]
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
    instrumentation?.onRequestCreated?.(message as OfRequest)
  }
  subscribe(REQUEST_CREATED, onCreated)
}
