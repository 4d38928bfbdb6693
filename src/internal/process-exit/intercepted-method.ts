import { mimicFunction } from '../runtime/methods.js'

type Method = (this: unknown, ...args: never[]) => unknown

/** What each of our wrappers wraps: one that others have saved, and put back, must not be wrapped once more. */
const wrappedBy = new WeakMap<Method, Method>()

/**
 * Wraps a method that others replace, too, and stays outermost whenever they do it: signal-exit, for one, puts back the
 * method that it found when it was loaded, which may have been before us.
 *
 * @returns a function that ends this, and leaves what others have set
 */
export function interceptMethod<T extends object, Name extends keyof T>(
  target: T,
  name: Name,
  wrap: (original: T[Name] & Method) => T[Name] & Method,
): () => void {
  const found = Object.getOwnPropertyDescriptor(target, name)
  const first = target[name] as T[Name] & Method
  let original = first
  let wrapper = wrapperOf(original, wrap)
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: found?.enumerable ?? false,
    get: () => wrapper,
    set: (next: T[Name] & Method) => {
      original = (wrappedBy.get(next) as typeof next | undefined) ?? next
      wrapper = wrapperOf(original, wrap)
    },
  })
  return () => {
    if (original !== first) Object.defineProperty(target, name, { ...DATA, value: original })
    else if (found) Object.defineProperty(target, name, found)
    else Reflect.deleteProperty(target, name)
  }
}

const DATA = { configurable: true, enumerable: true, writable: true } as const

function wrapperOf<F extends Method>(original: F, wrap: (original: F) => F): F {
  const wrapper = mimicFunction(wrap(original), original)
  wrappedBy.set(wrapper, original)
  return wrapper
}
