import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { EventEmitter } from 'node:events'
import { bindEmitter } from './bound-emitter.js'
import { bindEventTarget } from './bound-event-target.js'
import { bindFunction } from './bound-function.js'
import { bindIterator, isIterator } from './bound-iterator.js'
import type { AnyFunction } from './own-method.js'

/**
 * Keeps the context that is active now, its span and its baggage, for what runs later and from elsewhere: a job that a
 * queue starts, a listener of a pooled connection, a generator that somebody else consumes.
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
  if (active === ROOT_CONTEXT && !isContextKept()) return target
  if (typeof target === 'function') return bindFunction(target as AnyFunction, active) as T
  if (target instanceof EventEmitter) bindEmitter(target, active)
  else if (target instanceof EventTarget) bindEventTarget(target, active)
  // A cursor of a database can be an emitter and an iterator.
  if (isIterator(target)) bindIterator(target, active)
  return target
}

const PROBE = ROOT_CONTEXT.setValue(createContextKey('spanwright.probe'), true)

/** Whether there is a context manager; asked by trying, since the API does not tell. */
function isContextKept(): boolean {
  return context.with(PROBE, () => context.active()) === PROBE
}
