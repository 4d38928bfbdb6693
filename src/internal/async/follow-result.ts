import type { Context } from '@opentelemetry/api'
import { isPromise } from 'node:util/types'
import { followIterator, isIterator } from './follow-iterator.js'
import { followThenable } from './follow-thenable.js'
import type { Follower } from './follower.js'
import { isInstanceOf, safeGetMethod } from '../checks/safe-get.js'

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
