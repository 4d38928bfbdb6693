import { context, type Context } from '@opentelemetry/api'
import { isPromise, isGeneratorObject } from 'node:util/types'
import { isInstanceOf, safeGetMethod, safeGet, type Method } from '../checks/safe-get.js'

/** What follows a result until it has come to its end. `succeed` and `fail` are called at most once in all. */
export interface Follower {
  /** The context in which work that the result starts later runs. */
  readonly active: Context
  succeed(value: unknown): void
  fail(error: unknown): void
}

/**
 * A native promise whose work is under way. A subclass with its own `then` (postgres.js and the clients of several
 * HTTP APIs have one) may start its work there, and carries methods that a derived promise would lose: it counts as a
 * thenable.
 */
export function isEagerPromise(value: unknown): value is Promise<unknown> {
  if (isInstanceOf(value, Promise)) return value.then === Promise.prototype.then
  // Promises of another realm: node:vm, and test runners built on it.
  return isPromise(value)
}

/** Follows anything but an eager promise, and returns what the caller gets instead of it: mostly the same object. */
export function followResult<T>(result: T, follower: Follower): T {
  if (safeGetMethod(result, 'then') !== undefined) return followThenable(result as T & object, follower)
  if (isIterator(result)) return followIterator(result, follower)
  follower.succeed(result)
  return result
}

/** Keeps a context for work that the result starts later, where there is no span to end. */
export function keepContext<T>(result: T, active: Context): T {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return result
  if (isEagerPromise(result)) return result
  return followResult(result, { active, succeed: nothing, fail: nothing })
}

function nothing(): void {}

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

const ASYNC_ITERATOR_PROTOTYPE: unknown = Object.getPrototypeOf(
  Object.getPrototypeOf(async function* () {}.prototype as object),
)
const SYNC_ITERATOR_PROTOTYPE: unknown = Object.getPrototypeOf(
  Object.getPrototypeOf(function* () {}.prototype as object),
)

/** Subjects, cursors and streams have a `next` too, but no end that iterating them would reach. */
const NOT_ITERATORS = ['on', 'subscribe', 'complete'] as const

/**
 * Generators and their like: an object with its own `next`, or one that inherits it and can be iterated. Nothing is
 * called to find out, since in some libraries asking a cursor for its iterator changes the cursor.
 */
export function isIterator<T>(value: T): value is T & object {
  if (isGeneratorObject(value)) return true
  if (safeGetMethod(value, 'next') === undefined) return false
  if (NOT_ITERATORS.some((key) => safeGetMethod(value, key) !== undefined)) return false
  if (Object.hasOwn(value as object, 'next')) return true
  return safeGetMethod(value, Symbol.iterator) !== undefined || safeGetMethod(value, Symbol.asyncIterator) !== undefined
}

/**
 * An iterator that behaves like the given one, each step in the follower's context. It is a proxy, because private
 * fields and a generator's state live in the original object only. What iterators share (`Symbol.iterator`,
 * `Symbol.asyncDispose`, `map`, `take`, …) works on the proxy, and so ends the span.
 */
export function followIterator<T extends object>(iterator: T, follower: Follower): T {
  const steps = stepsOf(iterator, follower)
  // The target has no properties of its own, so that a frozen iterator puts no constraints on what `get` returns.
  const proxy: object = new Proxy(Object.create(iterator) as object, {
    get(_target, key) {
      const step = steps.get(key)
      if (step !== undefined) return step
      const value: unknown = Reflect.get(iterator, key)
      if (typeof value !== 'function' || isShared(key, value)) return value
      return function (this: unknown, ...args: unknown[]): unknown {
        const result = (value as Method).apply(this === proxy ? iterator : this, args)
        return result === iterator ? proxy : result
      }
    },
    set: (_target, key, value) => Reflect.set(iterator, key, value),
  })
  return proxy as T
}

function isShared(key: PropertyKey, value: unknown): boolean {
  return safeGet(SYNC_ITERATOR_PROTOTYPE, key) === value || safeGet(ASYNC_ITERATOR_PROTOTYPE, key) === value
}

function stepsOf(iterator: object, follower: Follower): ReadonlyMap<PropertyKey, Method> {
  let ended = false
  const end = (finish: () => void): void => {
    if (ended) return
    ended = true
    finish()
  }
  const failed = (error: unknown): never => {
    end(() => follower.fail(error))
    throw error
  }
  const stepped = (result: unknown): unknown => {
    if (safeGet(result, 'done')) end(() => follower.succeed(undefined))
    return result
  }
  const step =
    (method: Method): Method =>
    (...args) => {
      let result: unknown
      try {
        result = context.with(follower.active, method.bind(iterator), undefined, ...args)
      } catch (error) {
        return failed(error)
      }
      if (isPromise(result)) return result.then(stepped, failed)
      const then = safeGetMethod(result, 'then')
      return then === undefined ? stepped(result) : then.call(result, stepped, failed)
    }
  const steps = new Map<PropertyKey, Method>()
  for (const key of ['next', 'return', 'throw'] as const) {
    const method = safeGetMethod(iterator, key)
    if (method !== undefined) steps.set(key, step(method))
  }
  // A loop that is left early calls `return` where there is one; without it we would not learn that it is over.
  if (!steps.has('return')) steps.set('return', (value) => stepped({ done: true, value }))
  return steps
}
