/** Frameworks look at a function's name and at how many arguments it takes. */
export function mimicFunction<F extends object>(wrapped: F, original: object): F {
  for (const key of ['name', 'length']) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)
    if (descriptor !== undefined) Object.defineProperty(wrapped, key, descriptor)
  }
  return wrapped
}

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** Puts a method in front of the object's own or inherited one; like that, it is not seen by who lists the object. */
export function defineOwnMethod(target: object, name: string, value: AnyFunction): void {
  Reflect.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
}
