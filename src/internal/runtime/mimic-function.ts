/** Frameworks look at a function's name and at how many arguments it takes. */
export function mimicFunction<F extends object>(wrapped: F, original: object): F {
  for (const key of ['name', 'length']) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)
    if (descriptor !== undefined) Object.defineProperty(wrapped, key, descriptor)
  }
  return wrapped
}
