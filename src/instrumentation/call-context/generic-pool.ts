import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { inCallersContext } from './bound.js'

type Acquire = (this: unknown, callback: unknown, ...rest: unknown[]) => unknown

interface GenericPoolInside {
  _acquireWithCallbacksPatcher(original: Acquire): Acquire
}

/**
 * The instrumentation of generic-pool, with the callbacks of its version 2 in the context of their call: one that has waited is
 * called in the context of whoever released. Version 3 has promises, which keep it.
 */
export function withGenericPoolCallers(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as GenericPoolInside
  return class extends Class {
    _acquireWithCallbacksPatcher(original: Acquire): Acquire {
      const patched = upstream._acquireWithCallbacksPatcher.call(this, original)
      return function (callback, ...rest) {
        return patched.call(this, inCallersContext(callback), ...rest)
      }
    }
  }
}
