import {
  context,
  SpanStatusCode,
  trace,
  type Context,
  type Exception,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { mimicFunction, type AnyFunction } from '../../internal/runtime/methods.js'

/** A library that OpenTelemetry has no instrumentation of, and how it is traced here. */
export interface Library {
  /** The versions that are known, by the names of packages. */
  readonly packages: Readonly<Record<string, readonly string[]>>
  /** Further files of packages that apps load, as `mariadb/callback.js`. */
  readonly files?: Readonly<Record<string, readonly string[]>>
  /** It is in Node.js, and patched in place. */
  readonly builtIn?: string
  /** @returns what is exported in its place; undefined: the same, patched */
  patch(exported: never, calls: TracedCalls): unknown
}

export type Safely = <T>(failure: string, fn: () => T) => T | undefined

/** Spans of the calls to one library. Nothing here throws, except what the calls throw. */
export class TracedCalls {
  readonly #name: string
  readonly #tracer: () => Tracer
  readonly #safely: Safely
  readonly #replaced = new WeakSet<object>()

  constructor(name: string, tracer: () => Tracer, safely: Safely) {
    this.#name = name
    this.#tracer = tracer
    this.#safely = safely
  }

  safely<T>(fn: () => T): T | undefined {
    return this.#safely(`a call of ${this.#name} is not traced, or not in full`, fn)
  }

  /** Undefined where no span could be started. */
  start(name: string, options: SpanOptions, parent: Context = context.active()): Span | undefined {
    return this.safely(() => this.#tracer().startSpan(name, options, parent))
  }

  /** Ends the span of a call that has failed. Anything can be thrown. */
  fail(span: Span | undefined, error: unknown, more?: (span: Span) => void): void {
    if (!span?.isRecording()) return
    this.recordError(span, error)
    if (more) this.safely(() => more(span))
    this.end(span)
  }

  recordError(span: Span, error: unknown): void {
    this.safely(() => {
      span.setAttribute('error.type', errorTypeOf(error))
      span.recordException((error ?? String(error)) as Exception)
      const { message = String(error) } = (error ?? {}) as Partial<Error>
      span.setStatus({ code: SpanStatusCode.ERROR, message })
    })
  }

  end(span: Span | undefined): void {
    if (span?.isRecording()) this.safely(() => span.end())
  }

  /**
   * Makes the call in the span, which ends with it: as it returns or throws, or as its promise settles.
   *
   * @param failed what is done with an error in place of {@link fail}; the span ends in any case
   */
  run<T>(span: Span | undefined, parent: Context, call: () => T, failed?: (span: Span, error: unknown) => void): T {
    if (!span) return call()
    const rethrow = (error: unknown): never => {
      if (!failed) this.fail(span, error)
      else if (span.isRecording()) this.safely(() => failed(span, error))
      this.end(span)
      throw error
    }
    let result: T
    try {
      result = context.with(trace.setSpan(parent, span), call)
    } catch (error) {
      return rethrow(error)
    }
    if (!(result instanceof Promise) || !span.isRecording()) {
      this.end(span)
      return result
    }
    return result.then((value: unknown) => {
      this.end(span)
      return value
    }, rethrow) as T
  }

  /** Replaces a method of an object, or of what it inherits it from: once, however often that comes along. */
  replace(object: unknown, name: string, wrap: (original: AnyFunction) => AnyFunction): void {
    const owner = ownerOf(object, name)
    if (owner) this.#put(owner, name, Object.getOwnPropertyDescriptor(owner, name), wrap)
  }

  /** Replaces a method of one object, and of no other that inherits it. */
  replaceOwn(object: object, name: string, wrap: (original: AnyFunction) => AnyFunction): void {
    const value: unknown = Reflect.get(object, name)
    this.#put(object, name, { value, writable: true, configurable: true }, wrap)
  }

  #put(
    owner: object,
    name: string,
    descriptor: PropertyDescriptor | undefined,
    wrap: (original: AnyFunction) => AnyFunction,
  ): void {
    const method: unknown = descriptor?.value
    if (typeof method !== 'function' || this.#replaced.has(method)) return
    const value = mimicFunction(wrap(method as AnyFunction), method)
    this.#replaced.add(value)
    Object.defineProperty(owner, name, { ...descriptor, value })
  }
}

function ownerOf(object: unknown, name: string): object | undefined {
  for (let holder = object; typeof holder === 'object' && holder !== null; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) return holder
  }
  return undefined
}
