import { context, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import { EventEmitter } from 'node:events'
import { isGeneratorObject } from 'node:util/types'
import { hasContextManager } from '../internal/otel-api/context-manager.js'
import { bindEmitter } from './bound-emitter.js'
import { bindEventTarget } from './event-target.js'
import { mimicFunction, defineOwnMethod, type AnyFunction } from '../internal/runtime/methods.js'
import { safeGetMethod } from '../internal/checks/safe-get.js'

/**
 * Keeps the context that is active now, its span and its baggage, for what runs later and from elsewhere: a job that a
 * queue starts, a listener of a pooled connection, a generator that is consumed elsewhere.
 *
 * - A function: another one comes back, which runs fn in the context; `this`, arguments, name and `length` as before. A
 *   generator that it makes is bound, too. Of functions bound twice, the first context counts, as with
 *   `Function.prototype.bind`.
 * - An EventEmitter (a stream, a socket) or EventTarget: the same object. Listeners that are added from now on run in the
 *   context; those that it has already stay as they are. Bound again, the new context counts for listeners to come.
 * - A generator or another iterator, sync or async: the same object, whose steps run in the context. Bound again, the new
 *   context counts.
 * - Anything else, and everything while no tracing runs: as it is.
 *
 * What holds the bound thing holds the context: do not bind what outlives the request to the request.
 */
export function bindContext<T>(target: T): T {
  const active = context.active()
  if (active === ROOT_CONTEXT && !hasContextManager()) return target
  if (typeof target === 'function') return bindFunction(target as AnyFunction, active) as T
  if (target instanceof EventEmitter) bindEmitter(target, active)
  else if (target instanceof EventTarget) bindEventTarget(target, active)
  // A cursor of a database can be an emitter and an iterator.
  if (hasSteps(target)) bindIterator(target, active)
  return target
}

/** A function that runs fn in the context, with the name and `length` of fn, which frameworks look at. */
export function bindFunction(fn: AnyFunction, bound: Context): AnyFunction {
  function run(this: unknown, ...args: unknown[]): unknown {
    const result = context.with(bound, fn, this, ...args)
    // Nothing of a generator has run yet.
    if (isGeneratorObject(result)) bindIterator(result, bound)
    return result
  }
  return mimicFunction(run, fn)
}

const contexts = new WeakMap<object, Context>()

/** Observers have a `next`, too. */
const NOT_ITERATORS = ['complete', 'error', 'subscribe'] as const

/** Generators and whatever else has `next`, cursors that are emitters, too. Nothing is called to find out. */
export function hasSteps(value: unknown): value is object {
  if (isGeneratorObject(value)) return true
  if (typeof value !== 'object' || value === null || safeGetMethod(value, 'next') === undefined) return false
  return NOT_ITERATORS.every((name) => safeGetMethod(value, name) === undefined)
}

/**
 * Each step runs in the context, wherever it is asked for. The iterator stays the same object, so that private fields work and
 * its other methods (`map`, `Symbol.asyncDispose`, …) step through these.
 */
export function bindIterator(iterator: object, bound: Context): void {
  const isBound = contexts.has(iterator)
  contexts.set(iterator, bound)
  if (isBound) return
  for (const name of ['next', 'return', 'throw']) {
    const step = safeGetMethod(iterator, name)
    if (step === undefined) continue
    defineOwnMethod(iterator, name, function (...args) {
      return context.with(contexts.get(iterator) ?? bound, step, this, ...args)
    })
  }
}
