import { trace, type Context, type Span } from '@opentelemetry/api'
import { RPCType, setRPCMetadata } from '@opentelemetry/core'

/** Of values in a context: the API and its packages keep the keys to themselves, but hand them to a context in which a value is set. */
function keyOf(set: (listening: Context) => void): symbol {
  let found = Symbol('none')
  const listening: Context = {
    getValue: () => undefined,
    setValue(key) {
      found = key
      return listening
    },
    deleteValue: () => listening,
  }
  set(listening)
  return found
}

const NO_SPAN = trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })

/** The key of the span in a context. */
export const SPAN_KEY: symbol = keyOf((listening) => trace.setSpan(listening, NO_SPAN))

/** The key of the metadata of the request that is handled in a context. */
export const RPC_KEY: symbol = keyOf((listening) => setRPCMetadata(listening, { type: RPCType.HTTP, span: NO_SPAN }))

/**
 * `trace.setSpan`, for a third of its cost: the API's contexts copy a map and make three functions for each. Any other
 * value goes into a context of the API's.
 */
export function contextWithSpan(parent: Context, span: Span): Context {
  return new ContextWithSpan(parent instanceof ContextWithSpan ? parent.beneath : parent, span)
}

class ContextWithSpan implements Context {
  /** Has no such context beneath it: a chain of them would keep all ancestors, and searching it would take longer. */
  readonly beneath: Context
  readonly #span: Span

  constructor(beneath: Context, span: Span) {
    this.beneath = beneath
    this.#span = span
  }

  getValue(key: symbol): unknown {
    return key === SPAN_KEY ? this.#span : this.beneath.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN_KEY) return contextWithSpan(this, value as Span)
    return new ContextWithSpan(this.beneath.setValue(key, value), this.#span)
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN_KEY) return this.beneath.deleteValue(key)
    return new ContextWithSpan(this.beneath.deleteValue(key), this.#span)
  }
}

/** `setValue`, likewise. */
export function contextWithValue(parent: Context, key: symbol, value: unknown): Context {
  return new ContextWithValue(parent, key, value)
}

class ContextWithValue implements Context {
  readonly #beneath: Context
  readonly #key: symbol
  readonly #value: unknown

  constructor(beneath: Context, key: symbol, value: unknown) {
    this.#beneath = beneath
    this.#key = key
    this.#value = value
  }

  getValue(key: symbol): unknown {
    return key === this.#key ? this.#value : this.#beneath.getValue(key)
  }

  /** What is set later goes beneath, so that these make no chain either. */
  setValue(key: symbol, value: unknown): Context {
    if (key === this.#key) return new ContextWithValue(this.#beneath, key, value)
    return new ContextWithValue(this.#beneath.setValue(key, value), this.#key, this.#value)
  }

  deleteValue(key: symbol): Context {
    const beneath = this.#beneath.deleteValue(key)
    return key === this.#key ? beneath : new ContextWithValue(beneath, this.#key, this.#value)
  }
}
