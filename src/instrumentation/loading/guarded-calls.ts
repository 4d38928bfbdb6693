import { safeGet } from '../../internal/checks/safe-get.js'
import { mimicFunction, type AnyFunction } from '../../internal/runtime/methods.js'

/** Makes of a function the one that takes its place, as `shimmer` has it. */
export type Wrapper = (original: unknown, ...rest: unknown[]) => unknown

/** Called once, with what the patch threw. */
export type Failed = (error: unknown) => void

/** What has come of the original while the patch ran. */
interface Call {
  wasMade: boolean
  result?: unknown
  threw?: { readonly error: unknown }
}

/**
 * The wrapper, of which nothing but what the original function throws reaches the app: where the patch fails, the call and all later ones go to the original,
 * unless it has run; then the app gets its result. Classes stay as the wrapper makes them.
 */
export function guardWrapper(wrapper: Wrapper, failed: Failed): Wrapper {
  return (original, ...rest) => {
    if (typeof original !== 'function' || isClass(original)) return wrapper(original, ...rest)
    let current: Call | undefined
    const watched = likeFunction(original as AnyFunction, (self, args, target) => {
      const call = current
      if (call) call.wasMade = true
      try {
        const result = apply(original as AnyFunction, self, args, target)
        if (call) call.result = result
        return result
      } catch (error) {
        if (call) call.threw = { error }
        throw error
      }
    })
    const patched = wrapper(watched, ...rest)
    if (typeof patched !== 'function' || patched === watched) return patched === watched ? original : patched
    let hasFailed = false
    return likeFunction(patched as AnyFunction, (self, args, target) => {
      if (hasFailed) return apply(original as AnyFunction, self, args, target)
      const outer = current
      const call: Call = { wasMade: false }
      current = call
      try {
        return apply(patched as AnyFunction, self, args, target)
      } catch (error) {
        if (call.threw) throw call.threw.error
        // What the original calls for by itself, it throws by itself.
        current = undefined
        const result = call.wasMade ? call.result : apply(original as AnyFunction, self, args, target)
        hasFailed = true
        failed(error)
        return result
      } finally {
        current = outer
      }
    })
  }
}

/**
 * A function that a module exports in place of its own: calls in which the patch itself fails go to the original. That is logged
 * by where the error comes from, since what the function calls is not seen.
 */
export function guardReplacement(original: unknown, patched: unknown, patchPath: string, failed: Failed): unknown {
  if (typeof original !== 'function' || typeof patched !== 'function' || isClass(patched)) return patched
  return likeFunction(patched as AnyFunction, (self, args, target) => {
    try {
      return apply(patched as AnyFunction, self, args, target)
    } catch (error) {
      if (!isThrownIn(patchPath, error)) throw error
      failed(error)
      return apply(original as AnyFunction, self, args, target === patched ? (original as AnyFunction) : target)
    }
  })
}

function isThrownIn(path: string, error: unknown): boolean {
  const stack: unknown = safeGet(error, 'stack')
  const frame = typeof stack === 'string' ? /^\s+at .*?[/\\].*$/m.exec(stack)?.[0] : undefined
  return frame?.replaceAll('\\', '/').includes(path) ?? false
}

/** A function that takes the place of another one, also as a constructor. */
function likeFunction(
  fn: AnyFunction,
  run: (self: unknown, args: unknown[], newTarget: AnyFunction | undefined) => unknown,
): AnyFunction {
  const stand: AnyFunction = function (...args) {
    const target = new.target as unknown as AnyFunction | undefined
    return run(this, args, target === stand ? fn : target)
  }
  Object.setPrototypeOf(stand, Object.getPrototypeOf(fn) as object)
  Object.defineProperties(stand, Object.getOwnPropertyDescriptors(fn))
  return mimicFunction(stand, fn)
}

const apply = (fn: AnyFunction, self: unknown, args: unknown[], newTarget: AnyFunction | undefined): unknown =>
  newTarget ? Reflect.construct(fn, args, newTarget) : Reflect.apply(fn, self, args)

const isClass = (fn: object): boolean => /^class\b/.test(Function.prototype.toString.call(fn))
