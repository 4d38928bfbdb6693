type Method = (this: object, ...args: never[]) => unknown

/**
 * Replaces a method where an object, or what it inherits from, has it; once. False where there is none. Symbols are
 * found by their descriptions.
 */
export function wrapMethod(object: object, name: string, wrap: (original: Method) => Method): boolean {
  for (let holder: object | null = object; holder; holder = Object.getPrototypeOf(holder) as object | null) {
    const key = Reflect.ownKeys(holder).find((key) => (typeof key === 'symbol' ? key.description : key) === name)
    if (key === undefined) continue
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    const original: unknown = descriptor?.value
    if (typeof original !== 'function') return false
    if (wrapped.has(original)) return true
    const value = wrap(original as Method)
    wrapped.add(value)
    Object.defineProperty(holder, key, { ...descriptor, value })
    return true
  }
  return false
}

const wrapped = new WeakSet()
