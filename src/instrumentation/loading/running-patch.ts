import { mimicFunction } from '../../internal/runtime/methods.js'
import { guardWrapper } from '../package-instrumentations.js'
import type { Failed, Wrapper } from './guarded-calls.js'

/** The patch of a module that is running; undefined where none is. */
let running: Failed | 'unwatched' | undefined

/** Runs a patch of a module; the wrappers that it hands to {@link wrapperOfPatch} are guarded, unless it is not watched. */
export function whilePatching<T>(failed: Failed | 'unwatched', patch: () => T): T {
  const outer = running
  running = failed
  try {
    return patch()
  } finally {
    running = outer
  }
}

/**
 * The wrapper, as patches of modules get it: what it makes is called as the original is, and guarded. What is wrapped later, a
 * handler of a request, say, is called too often for that.
 */
export function wrapperOfPatch(wrapper: Wrapper): Wrapper {
  if (running === undefined) return wrapper
  const guarded = running === 'unwatched' ? wrapper : guardWrapper(wrapper, running)
  return (original, ...rest) => {
    const wrapped = guarded(original, ...rest)
    return typeof wrapped === 'function' && typeof original === 'function' ? mimicFunction(wrapped, original) : wrapped
  }
}
