import type { AnyFunction } from '../../internal/runtime/methods.js'

export type Exports = Record<string, unknown>

type Replacement = (original: AnyFunction) => AnyFunction

/**
 * What a module exports, with other functions in the place of its own: by name, and in an object that is the default export.
 * What can't be written to, such as the getters that bundlers make of exports, is copied.
 */
export function withReplaced(exported: Exports, replacements: Readonly<Record<string, Replacement>>): Exports {
  const byOriginal = new Map<unknown, AnyFunction>()
  const inside = exported.default
  let result = exported
  for (const [name, replace] of Object.entries(replacements)) {
    const original = exported[name] ?? (isObject(inside) ? inside[name] : undefined)
    if (typeof original !== 'function') continue
    const replacement = Object.defineProperties(
      replace(original as AnyFunction),
      Object.getOwnPropertyDescriptors(original),
    )
    byOriginal.set(original, replacement)
    if (exported[name] !== original) continue
    if (!Reflect.set(result, name, replacement) || result[name] !== replacement) {
      if (result === exported) result = writableCopy(exported)
      result[name] = replacement
    }
  }
  if (isObject(inside)) {
    for (const [name, value] of Object.entries(inside)) {
      const replacement = byOriginal.get(value)
      if (replacement) Reflect.set(inside, name, replacement)
    }
  }
  return result
}

const isObject = (value: unknown): value is Exports => typeof value === 'object' && value !== null

function writableCopy(exported: Exports): Exports {
  const copy: Exports = {}
  for (const [name, { enumerable = false }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
    Object.defineProperty(copy, name, { value: exported[name], enumerable, writable: true, configurable: true })
  }
  return copy
}
