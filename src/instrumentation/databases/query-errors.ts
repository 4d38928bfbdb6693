import { SpanStatusCode, type Exception, type Span, type Tracer } from '@opentelemetry/api'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { safeGet } from '../../internal/checks/safe-get.js'
import type { AnyFunction } from '../../internal/runtime/methods.js'
import type { InstrumentationClass } from '../instrumentation-class.js'

interface Upstream {
  readonly tracer: Tracer
  /** Makes of the connection's method the one that takes its place; it starts the span, then makes the call. */
  _patchQuery(...args: unknown[]): (original: AnyFunction) => AnyFunction
}

/**
 * The instrumentations of mysql and mysql2, with what a query has failed by: its class, the number of the server's error, and the
 * exception. And for queries with values and no callback, whose spans never ended.
 */
export function withQueryErrors(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as Upstream
  return class extends Class {
    #started: Span | undefined
    #tracers = new WeakMap<Tracer, Tracer>()

    get tracer(): Tracer {
      const tracer: Tracer = Reflect.get(upstream, 'tracer', this)
      let noting = this.#tracers.get(tracer)
      if (!noting) {
        noting = {
          startSpan: (...args) => (this.#started = tracer.startSpan(...args)),
          startActiveSpan: tracer.startActiveSpan.bind(tracer),
        }
        this.#tracers.set(tracer, noting)
      }
      return noting
    }

    _patchQuery(...given: unknown[]): (original: AnyFunction) => AnyFunction {
      const patch = upstream._patchQuery.apply(this, given)
      const takeStarted = (): Span | undefined => {
        const started = this.#started
        this.#started = undefined
        return started
      }
      return (original) =>
        patch(function (...args) {
          const span = takeStarted()
          return span?.isRecording() ? follow(span, original, this, args) : original.apply(this, args)
        })
    }
  }
}

function follow(span: Span, original: AnyFunction, connection: unknown, args: unknown[]): unknown {
  const at = args.findLastIndex((arg) => typeof arg === 'function')
  if (at >= 0) {
    const callback = args[at] as AnyFunction
    args[at] = function (this: unknown, ...results: unknown[]) {
      if (results[0]) describe(span, results[0])
      return callback.apply(this, results)
    }
    return original.apply(connection, args)
  }
  const query = original.apply(connection, args)
  const emit: unknown = safeGet(query, 'emit')
  if (typeof emit !== 'function') return query
  // Upstream listens to a query without values; a listener of ours would have an error count as handled.
  const endsByUpstream = args.length === 1
  ;(query as { emit: AnyFunction }).emit = function (...event) {
    if (event[0] === 'error') describe(span, event[1])
    if (!endsByUpstream && (event[0] === 'error' || event[0] === 'end')) span.end()
    return (emit as AnyFunction).apply(this, event)
  }
  return query
}

function describe(span: Span, error: unknown): void {
  const number = safeGet(error, 'errno')
  const message = safeGet(error, 'message')
  span.setAttribute('error.type', errorTypeOf(error))
  // Those of failed connections are negative, and no answers.
  if (typeof number === 'number' && number > 0) span.setAttribute('db.response.status_code', String(number))
  span.recordException(error as Exception)
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(message) })
}
