import { context } from '@opentelemetry/api'
import type { Follower } from './follower.js'
import { safeGetMethod, type Method } from '../checks/safe-get.js'

/**
 * Gives the object a `then` of its own until it is called for the first time, so that a query which starts in `then`
 * runs in the follower's context. We never call `then` ourselves: a query builder runs its query at each call, and
 * how often it runs is the caller's to say.
 *
 * `catch` and `finally` go through that `then`, because in some libraries (Prisma) they start the query on their own.
 */
export function followThenable<T extends object>(thenable: T, follower: Follower): T {
  const restores: (() => void)[] = []
  const restoreAll = (): void => {
    for (const restore of restores.splice(0)) restore()
  }
  const intercepted = intercept(thenable, 'then', restores, (original) => {
    let first = true
    return function (this: unknown, onFulfilled?: unknown, onRejected?: unknown): unknown {
      if (!first) return original.call(this, onFulfilled, onRejected)
      first = false
      restoreAll()
      return runThen(original, this, { onFulfilled, onRejected }, follower)
    }
  })
  // A frozen object cannot be followed.
  if (!intercepted) {
    follower.succeed(thenable)
    return thenable
  }
  intercept(thenable, 'catch', restores, throughThen('catch'))
  intercept(thenable, 'finally', restores, throughThen('finally'))
  return thenable
}

interface Handlers {
  readonly onFulfilled: unknown
  readonly onRejected: unknown
}

/** The handlers run where `then` was called, as they would have without us; only the work in between is in the span. */
function runThen(original: Method, thenable: unknown, handlers: Handlers, follower: Follower): unknown {
  const caller = context.active()
  const { onFulfilled, onRejected } = handlers
  const fulfilled = (value: unknown): unknown => {
    follower.succeed(value)
    return typeof onFulfilled === 'function' ? context.with(caller, onFulfilled as Method, undefined, value) : value
  }
  const rejected = (error: unknown): unknown => {
    follower.fail(error)
    if (typeof onRejected === 'function') return context.with(caller, onRejected as Method, undefined, error)
    throw error
  }
  try {
    return context.with(follower.active, () => original.call(thenable, fulfilled, rejected))
  } catch (error) {
    follower.fail(error)
    throw error
  }
}

/**
 * Promise.prototype's methods are generic: they call the object's own `then`. Some libraries' `catch` takes error classes
 * as well (Bluebird): those calls are left to them.
 */
function throughThen(key: 'catch' | 'finally'): (original: Method) => Method {
  const generic = safeGetMethod(Promise.prototype, key)
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const isOneHandler = args.length === 1 && typeof args[0] === 'function'
      return (isOneHandler && generic !== undefined ? generic : original).apply(this, args)
    }
}

/** False when the object does not have the method, or does not let itself be changed. */
function intercept(
  object: object,
  key: 'then' | 'catch' | 'finally',
  restores: (() => void)[],
  replace: (original: Method) => Method,
): boolean {
  const original = safeGetMethod(object, key)
  if (original === undefined) return false
  const before = Object.getOwnPropertyDescriptor(object, key)
  const value = replace(original)
  if (!Reflect.defineProperty(object, key, { value, configurable: true, writable: true, enumerable: false }))
    return false
  restores.push(() => {
    // Who has put their own method over ours keeps it.
    if (Object.getOwnPropertyDescriptor(object, key)?.value !== value) return
    if (before === undefined) Reflect.deleteProperty(object, key)
    else Reflect.defineProperty(object, key, before)
  })
  return true
}
