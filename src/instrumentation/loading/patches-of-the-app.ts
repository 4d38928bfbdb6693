import { isWrapped, type Instrumentation } from '@opentelemetry/instrumentation'
import type { Wrapper } from './guarded-calls.js'
import { wrapperOfPatch } from './running-patch.js'

/** What an instrumentation patches by, as far as it is a subclass of `InstrumentationBase`. */
interface Patching {
  _wrap: (exported: object, name: string, wrapper: Wrapper) => unknown
  _unwrap: (exported: object, name: string) => unknown
}

/** Wrappers that are ours. */
const ours = new WeakSet<object>()

/**
 * Has an instrumentation of ours leave alone what the app's own one has patched before it: upstream's `_wrap` would take that
 * patch away. A later patch of the app's takes ours away by itself. And guards what ours puts in the place of a package's methods.
 */
export function leavePatchesOfTheApp(instrumentation: Instrumentation, appHasItsOwn: () => boolean): void {
  // Some are made of several inside.
  for (const part of [instrumentation, ...(Object.values(instrumentation) as unknown[])]) {
    if (!isPatching(part)) continue
    const { _wrap: wrap, _unwrap: unwrap } = part
    part._wrap = (exported, name, wrapper) => {
      const present = methodOf(exported, name)
      if (isOfTheApp(present) && appHasItsOwn()) return present
      const wrapped = wrap(exported, name, wrapperOfPatch(wrapper))
      const ourWrapper = methodOf(exported, name)
      if (typeof ourWrapper === 'function') ours.add(ourWrapper)
      return wrapped
    }
    part._unwrap = (exported, name) =>
      isOfTheApp(methodOf(exported, name)) && appHasItsOwn() ? undefined : unwrap(exported, name)
  }
}

const methodOf = (exported: object, name: string): unknown => (exported as Record<string, unknown>)[name]

const isOfTheApp = (method: unknown): boolean => typeof method === 'function' && isWrapped(method) && !ours.has(method)

function isPatching(part: unknown): part is Patching {
  return typeof part === 'object' && part !== null && '_wrap' in part && '_unwrap' in part
}
