import { context } from '@opentelemetry/api'
import { isGeneratorObject, isPromise } from 'node:util/types'
import type { Follower } from './follower.js'
import { safeGet, safeGetMethod, type Method } from '../checks/safe-get.js'

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
