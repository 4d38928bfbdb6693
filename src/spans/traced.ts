import { mimicFunction } from '../internal/runtime/methods.js'
import { textOrEmpty, safeGet } from '../internal/checks/safe-get.js'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import { runInSpan, type WithSpanOptions } from './with-span.js'
import { TracingConfigError, checkString, wrongType } from '../internal/checks/validate.js'

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
    warnOfError(`the options of the span '${textOrEmpty(name)}' could not be made`, error)
    return undefined
  }
}

/** Fits a method in both kinds of decorators: TC39's, and TypeScript's `experimentalDecorators`. */
export interface TracedDecorator {
  <This, A extends unknown[], R>(
    method: (this: This, ...args: A) => R,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => R>,
  ): (this: This, ...args: A) => R
  <F extends (...args: never[]) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<F>,
  ): TypedPropertyDescriptor<F>
}

/** What we use of any TC39 decorator's context: ours may have been put on something else than a method. */
interface Decoration {
  readonly kind: string
  readonly name: string | symbol
}

type AnyMethod = (this: unknown, ...args: unknown[]) => unknown

/**
 * Gives each call of the method a span: see {@link withSpan} for how long it lasts. The default name is
 * `Class.method`, of the class that has the method; just `method` where the class cannot be known (called without
 * `this`). Works with TC39 decorators and with legacy ones; with those, the property descriptor and the metadata
 * that other decorators (NestJS) have left on the method are kept.
 *
 * @throws TracingConfigError when the name is not a string (`@Traced` without parentheses), or on anything but a method.
 */
export function Traced(name?: string, options?: TracedOptions<never[]>): TracedDecorator {
  checkString('name', name)
  const settings = options as TracedOptions<unknown[]> | undefined
  const decorate = (target: unknown, key: unknown, descriptor?: PropertyDescriptor): unknown =>
    typeof key === 'object' && key !== null
      ? decorateStandard(target, key as Decoration, name, settings)
      : decorateLegacy(target as object, key as string | symbol, descriptor, name, settings)
  return decorate as TracedDecorator
}

function decorateStandard(
  method: unknown,
  decoration: Decoration,
  name: string | undefined,
  options: TracedOptions<unknown[]> | undefined,
): AnyMethod {
  if (decoration.kind !== 'method') throw notAMethod(decoration.kind)
  const nameOf = name === undefined ? classNamer(decoration.name) : (): string => name
  const replacement = wrap(method as AnyMethod, options, (self) => nameOf(self, replacement))
  return replacement
}

function decorateLegacy(
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  name: string | undefined,
  options: TracedOptions<unknown[]> | undefined,
): PropertyDescriptor {
  const method: unknown = descriptor?.value
  if (typeof method !== 'function') throw notAMethod(descriptor === undefined ? 'a class or a field' : 'an accessor')
  const owner: unknown = typeof target === 'function' ? target : target.constructor
  const spanName = name ?? qualified(safeGet(owner, 'name'), key)
  return { ...descriptor, value: wrap(method as AnyMethod, options, () => spanName) }
}

function wrap(
  method: AnyMethod,
  options: TracedOptions<unknown[]> | undefined,
  nameOf: (self: unknown) => string,
): AnyMethod {
  function wrapped(this: unknown, ...args: unknown[]): unknown {
    const name = nameOf(this)
    return runInSpan(name, optionsOf(name, options, args), () => method.apply(this, args))
  }
  copyMetadata(method, wrapped)
  return mimicFunction(wrapped, method)
}

/** A TC39 decorator runs before its class exists: the name is looked up in the first call that has a `this`. */
function classNamer(key: string | symbol): (self: unknown, method: AnyMethod) => string {
  let found: string | undefined
  return (self, method) => {
    if (found !== undefined) return found
    for (let owner: unknown = self; owner !== null && owner !== undefined; owner = Object.getPrototypeOf(owner)) {
      if (Object.getOwnPropertyDescriptor(owner, key)?.value !== method) continue
      found = qualified(safeGet(typeof owner === 'function' ? owner : safeGet(owner, 'constructor'), 'name'), key)
      return found
    }
    // A private method, or one that another decorator has wrapped: the object's own class is the closest there is. Without
    // an object there is no class.
    return qualified(safeGet(typeof self === 'function' ? self : safeGet(self, 'constructor'), 'name'), key)
  }
}

function qualified(className: unknown, key: string | symbol): string {
  return typeof className === 'string' && className !== '' ? `${className}.${String(key)}` : String(key)
}

interface ReflectWithMetadata {
  getMetadataKeys?(target: object): unknown[]
  getMetadata?(key: unknown, target: object): unknown
  defineMetadata?(key: unknown, value: unknown, target: object): void
}

/** NestJS keeps routes, guards and pipes as metadata of the method's function (reflect-metadata). */
function copyMetadata(from: object, to: object): void {
  const reflect = Reflect as ReflectWithMetadata
  for (const key of reflect.getMetadataKeys?.(from) ?? []) {
    reflect.defineMetadata?.(key, reflect.getMetadata?.(key, from), to)
  }
}

function notAMethod(received: string): TracingConfigError {
  return wrongType('@Traced()', 'on a method', received)
}
