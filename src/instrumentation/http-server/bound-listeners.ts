import { context, type Context } from '@opentelemetry/api'
import { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { replaceMethod, type AnyFunction } from '../../internal/runtime/methods.js'

type Listener = ((this: unknown, ...args: unknown[]) => unknown) & { [IS_BOUND]?: boolean; listener?: Listener }
type Add = (this: Bindable, event: string | symbol, listener: Listener) => unknown
type Prototype = Record<'on' | 'addListener' | 'prependListener' | 'once' | 'prependOnceListener', Add>

const CONTEXT = Symbol('spanwright.listeners')
const IS_BOUND = Symbol('spanwright.bound')

interface Bindable extends Pick<Prototype, 'on' | 'prependListener'> {
  [CONTEXT]?: Context
  removeListener(event: string | symbol, listener: Listener): unknown
}

let isPatched = false

/**
 * Has all listeners that are added from now on run in the context: Node.js emits the events of requests and responses, of servers
 * and clients, outside of it. In place of the API's `context.bind`, which patches seven methods of each request and of each response; here it is
 * one property. Requests of other classes, which may be passed to a server (HTTP/2's, or a test's), are bound by the API.
 */
export function bindListeners(target: IncomingMessage | ServerResponse | ClientRequest, active: Context): void {
  if (!isPatched) patchClasses()
  if (target instanceof IncomingMessage || target instanceof ServerResponse || target instanceof ClientRequest) {
    ;(target as unknown as Bindable)[CONTEXT] = active
  } else context.bind(active, target)
}

/** Whether a request is being handled in a context already: apps hand requests from one event, or server, to another. */
export function isBound(target: object): boolean {
  return (target as Bindable)[CONTEXT] !== undefined
}

function patchClasses(): void {
  isPatched = true
  for (const { prototype } of [IncomingMessage, ServerResponse, ClientRequest]) patch(prototype)
}

function patch(prototype: Prototype): void {
  for (const name of ['on', 'addListener', 'prependListener'] as const) replaceMethod(prototype, name, bound)
  replaceMethod(prototype, 'once', (once) => boundOnce(once, 'on'))
  replaceMethod(prototype, 'prependOnceListener', (once) => boundOnce(once, 'prependListener'))
}

function bound(add: Add): Add {
  return function (event, listener) {
    const active = this[CONTEXT]
    if (active === undefined || typeof listener !== 'function' || listener[IS_BOUND]) {
      return add.call(this, event, listener)
    }
    return add.call(this, event, boundTo(active, listener))
  }
}

/** In place of the API's `context.bind`, which defines the length of each, too. */
export function boundTo(active: Context, listener: AnyFunction): AnyFunction {
  const inContext: Listener = function (...args) {
    return context.with(active, listener, this, ...args)
  }
  return findableBy(listener, inContext)
}

/**
 * By itself: Node's own would add its wrapper by `on`, which would be wrapped again, and the listener never be found. But by the
 * `on` that the target has: other packages replace it (compression moves listeners of `drain` to its own stream).
 */
function boundOnce(addOnce: Add, add: 'on' | 'prependListener'): Add {
  return function (event, listener) {
    const active = this[CONTEXT]
    if (active === undefined || typeof listener !== 'function') return addOnce.call(this, event, listener)
    let hasFired = false
    const inContext: Listener = (...args) => {
      if (hasFired) return undefined
      this.removeListener(event, inContext)
      hasFired = true
      return context.with(active, listener, this, ...args)
    }
    inContext[IS_BOUND] = true
    return this[add](event, findableBy(listener, inContext))
  }
}

/** Emitters look there for what is to be removed, and show it as the listener. */
function findableBy(listener: Listener, inContext: Listener): Listener {
  inContext.listener = listener
  return inContext
}
