import { context, type Context } from '@opentelemetry/api'
import { isGeneratorObject } from 'node:util/types'
import { mimicFunction } from '../internal/runtime/mimic-function.js'
import { bindIterator } from './bound-iterator.js'
import type { AnyFunction } from './own-method.js'

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
