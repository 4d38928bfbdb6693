import { context, type Context } from '@opentelemetry/api'
import { isGeneratorObject } from 'node:util/types'
import { safeGetMethod } from '../internal/checks/safe-get.js'
import { defineOwnMethod } from './own-method.js'

const contexts = new WeakMap<object, Context>()

/** Observers have a `next`, too. */
const NOT_ITERATORS = ['complete', 'error', 'subscribe'] as const

/** Generators and whatever else has `next`, cursors that are emitters, too. Nothing is called to find out. */
export function isIterator(value: unknown): value is object {
  if (isGeneratorObject(value)) return true
  if (typeof value !== 'object' || value === null || safeGetMethod(value, 'next') === undefined) return false
  return NOT_ITERATORS.every((name) => safeGetMethod(value, name) === undefined)
}

/**
 * Each step runs in the context, whoever asks for it. The iterator stays the same object, so that private fields work and
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
