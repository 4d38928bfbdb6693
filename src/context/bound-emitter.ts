import { context, type Context } from '@opentelemetry/api'
import type { EventEmitter } from 'node:events'
import { safeGetMethod } from '../internal/checks/safe-get.js'
import { defineOwnMethod, type AnyFunction } from '../internal/runtime/methods.js'

const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const

/** The listener that a wrapper stands for. Node.js looks here to remove, list and count listeners by the original. */
type Wrapper = AnyFunction & { listener?: AnyFunction }

const contexts = new WeakMap<EventEmitter, Context>()
const boundListeners = new WeakSet<AnyFunction>()

/**
 * Listeners added from now on run in the context. Not by the context manager's `bind`: that stays with the first context
 * for ever, loses a listener that was added twice, and shows wrappers to who asks for `listeners()`.
 */
export function bindEmitter(emitter: EventEmitter, bound: Context): void {
  const isBound = contexts.has(emitter)
  contexts.set(emitter, bound)
  if (isBound) return
  for (const name of ADDING) {
    const add = safeGetMethod(emitter, name)
    if (add === undefined) continue
    defineOwnMethod(emitter, name, function (event, listener, ...rest) {
      return add.call(this, event, boundListener(listener, contexts.get(emitter) ?? bound), ...rest)
    })
  }
}

function boundListener(listener: unknown, bound: Context): unknown {
  // Node.js has a good error for what is no function.
  if (typeof listener !== 'function') return listener
  const original = listener as Wrapper
  if (boundListeners.has(original)) return original
  if (isOnceAround(original)) return original
  const wrapper: Wrapper = function (...args) {
    return context.with(bound, original, this, ...args)
  }
  wrapper.listener = original
  boundListeners.add(wrapper)
  return wrapper
}

/** `once` adds a wrapper of its own around ours, by `on`; it has to stand for the original, as ours does. */
function isOnceAround(once: Wrapper): boolean {
  const inner = once.listener as Wrapper | undefined
  if (inner?.listener === undefined || !boundListeners.has(inner)) return false
  once.listener = inner.listener
  return true
}
