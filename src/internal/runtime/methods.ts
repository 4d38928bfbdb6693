/** Frameworks look at a function's name and at how many arguments it takes. */
export function mimicFunction<F extends object>(wrapped: F, original: object): F {
  for (const key of ['name', 'length']) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)
    if (descriptor !== undefined) Object.defineProperty(wrapped, key, descriptor)
  }
  return wrapped
}

/**
 * Puts a function in the place of a method, by whatever object the method is inherited. It has what others read of the original:
 * name, length, and the properties that it does not bring itself (`util.promisify.custom`). Where the method was listed, it is.
 */
export function replaceMethod<T extends object, Name extends keyof T>(
  target: T,
  name: Name,
  wrap: (original: T[Name] & object) => T[Name] & object,
): void {
  const original = target[name] as T[Name] & object
  const value = mimicFunction(wrap(original), original)
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype' || Object.hasOwn(value, key)) continue
    Object.defineProperty(value, key, Object.getOwnPropertyDescriptor(original, key) ?? {})
  }
  const enumerable = Object.prototype.propertyIsEnumerable.call(target, name)
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable })
}

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** Puts a method in front of the object's own or inherited one; like that, it is not seen by who lists the object. */
export function defineOwnMethod(target: object, name: string, value: AnyFunction): void {
  Reflect.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
}
