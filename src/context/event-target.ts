import { context, type Context } from '@opentelemetry/api'
import { safeGetMethod } from '../internal/checks/safe-get.js'
import { defineOwnMethod, type AnyFunction } from '../internal/runtime/methods.js'

interface Entry {
  readonly added: AnyFunction
  replacement: AnyFunction
}

/**
 * Adds other listeners than the given ones to an EventTarget. An EventTarget compares listeners by identity, so each has one
 * stand-in for a type of event, whatever it stands for at the moment.
 */
export function replaceListeners(target: EventTarget, replacementOf: (listener: AnyFunction) => AnyFunction): void {
  const add = safeGetMethod(target, 'addEventListener')
  const remove = safeGetMethod(target, 'removeEventListener')
  if (add === undefined || remove === undefined) return
  const entries = new Map<unknown, WeakMap<object, Entry>>()

  const standIn = (type: unknown, listener: unknown): unknown => {
    if ((typeof listener !== 'object' && typeof listener !== 'function') || listener === null) return listener
    let ofType = entries.get(type)
    if (ofType === undefined) entries.set(type, (ofType = new WeakMap()))
    const replacement = replacementOf(callerOf(listener))
    const known = ofType.get(listener)
    if (known !== undefined) {
      known.replacement = replacement
      return known.added
    }
    const entry: Entry = {
      replacement,
      added(...args) {
        return entry.replacement.apply(this, args)
      },
    }
    ofType.set(listener, entry)
    return entry.added
  }

  defineOwnMethod(target, 'addEventListener', function (type, listener, ...rest) {
    return add.call(this, type, standIn(type, listener), ...rest)
  })
  defineOwnMethod(target, 'removeEventListener', function (type, listener, ...rest) {
    const entry = entries.get(type)?.get(listener as object)
    return remove.call(this, type, entry?.added ?? listener, ...rest)
  })
}

/** A listener is a function, or an object with `handleEvent`, which is looked up at each event. */
function callerOf(listener: object): AnyFunction {
  if (typeof listener === 'function') return listener as AnyFunction
  return (event) => safeGetMethod(listener, 'handleEvent')?.call(listener, event)
}

const contexts = new WeakMap<EventTarget, Context>()

/** Listeners added from now on run in the context; also those set as `onabort` and the like. */
export function bindEventTarget(target: EventTarget, bound: Context): void {
  const isBound = contexts.has(target)
  contexts.set(target, bound)
  if (isBound) return
  replaceListeners(target, (listener) => {
    const added = contexts.get(target) ?? bound
    return function (event) {
      return context.with(added, listener, this, event)
    }
  })
}
