import { context, type Context } from '@opentelemetry/api'
import { replaceListeners } from './replaced-listeners.js'

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
