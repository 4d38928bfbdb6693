import { mimicFunction } from '../internal/runtime/mimic-function.js'
import { textOrEmpty } from '../internal/checks/text.js'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { runInSpan, type WithSpanOptions } from './with-span.js'

/** Options of the span, or a function that makes them from the arguments of the call. */
export type TracedOptions<A extends unknown[]> = WithSpanOptions | ((...args: A) => WithSpanOptions)

/**
 * A function that does what fn does, each call in a span: see {@link withSpan} for how long it lasts. `this`, the
 * function's name and its `length` are kept. For methods of classes, {@link Traced} is shorter.
 */
export function traced<A extends unknown[], R, This = unknown>(
  name: string,
  fn: (this: This, ...args: A) => R,
  options?: TracedOptions<A>,
): (this: This, ...args: A) => R {
  function wrapped(this: This, ...args: A): R {
    return runInSpan(name, optionsOf(name, options, args), () => fn.apply(this, args))
  }
  return mimicFunction(wrapped, fn)
}

/** Options for telemetry never stop the call that they describe. */
export function optionsOf<A extends unknown[]>(
  name: string,
  options: TracedOptions<A> | undefined,
  args: A,
): WithSpanOptions | undefined {
  if (typeof options !== 'function') return options
  try {
    return options(...args)
  } catch (error) {
    const text = textOrEmpty(name)
    warnOnce(`traced-options:${text}`, `the options of the span '${text}' could not be made (${messageOf(error)})`)
    return undefined
  }
}
