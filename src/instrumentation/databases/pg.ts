import { context, SpanKind, type Span } from '@opentelemetry/api'
import { ATTR_DB_QUERY_TEXT } from '@opentelemetry/semantic-conventions'
import type { InstrumentationClass } from '../instrumentation-class.js'
import {
  attributesOf,
  hasParent,
  isOwnPath,
  recordFailure,
  textOfQuery,
  tracedConnect,
  tracedQuery,
  type Client,
  type Method,
  type PgInside,
  type Shared,
} from './pg-queries.js'

/** Makes of a method of pg's the one that takes its place. */
type Patch = (original: Method) => Method

interface Upstream extends PgInside {
  _getClientConnectPatch(): Patch
  _getPoolConnectPatch(): Patch
  _getClientQueryPatch(): Patch
}

/** What a client queues and calls back: a query of pg's own, a cursor, a stream. */
interface Submittable {
  readonly text?: string
  readonly cursor?: { readonly text?: string }
  readonly callback?: unknown
  submit(connection: unknown): unknown
  handleReadyForQuery: (this: unknown, ...args: unknown[]) => unknown
  handleError: (this: unknown, error: unknown, ...args: unknown[]) => unknown
  emit?: Method
  read?: Method
}

/**
 * The instrumentation of pg, whose callbacks run in the context that has called, also where no span is active there; they ran within the span
 * of the connection, which has ended. And for cursors and streams, whose spans never ended.
 */
export function withPgCallers(Class: InstrumentationClass, shared: Shared): InstrumentationClass {
  const upstream = Class.prototype as unknown as Upstream
  return class extends Class {
    _getClientConnectPatch(): Patch {
      return withBoundCallback(upstream._getClientConnectPatch.call(this))
    }

    _getPoolConnectPatch(): Patch {
      const inside = this as unknown as Upstream
      const patchConnect = withBoundCallback(upstream._getPoolConnectPatch.call(this))
      return (original) => {
        const connect = patchConnect(original)
        return function (...args) {
          const { requireParentSpan, ignoreConnectSpans } = inside.getConfig()
          if (!isOwnPath(inside) || ignoreConnectSpans) return connect.apply(this, args)
          if (requireParentSpan && !hasParent()) return connect.apply(this, args)
          return tracedConnect({ inside, ...shared }, this as object, original, args)
        }
      }
    }

    _getClientQueryPatch(): Patch {
      const inside = this as unknown as Upstream
      const patchQuery = withBoundCallback(upstream._getClientQueryPatch.call(this))
      return (original) => {
        const query = patchQuery(original)
        return function (...args) {
          const [submitted] = args
          const text = textOfQuery(args)
          if (text !== undefined && isOwnPath(inside) && (!inside.getConfig().requireParentSpan || hasParent())) {
            return tracedQuery(inside, this as Client, original, args, text)
          }
          if (!isSubmittable(submitted) || args.length > 1 || submitted.callback) return query.apply(this, args)
          if (inside.getConfig().requireParentSpan && !hasParent()) return original.apply(this, args)
          traceSubmittable(inside, this as Client, submitted)
          return original.apply(this, args)
        }
      }
    }
  }
}

const withBoundCallback =
  (patch: Patch): Patch =>
  (original) => {
    const patched = patch(original)
    return function (...args) {
      const last = args.length - 1
      if (typeof args[last] === 'function') args[last] = context.bind(context.active(), args[last])
      return patched.apply(this, args)
    }
  }

function isSubmittable(submitted: unknown): submitted is Submittable {
  return typeof submitted === 'object' && submitted !== null && typeof (submitted as Submittable).submit === 'function'
}

/** The span lasts until the connection is free again: a cursor holds it until it is read to its end, or closed. */
function traceSubmittable({ tracer }: Upstream, client: Client, submitted: Submittable): void {
  const text = submitted.text ?? submitted.cursor?.text
  const attributes = { ...attributesOf(client), [ATTR_DB_QUERY_TEXT]: typeof text === 'string' ? text : undefined }
  const span = tracer.startSpan('pg.query', { kind: SpanKind.CLIENT, attributes })
  endWith(submitted, span)
  const active = context.active()
  const { emit, read } = submitted
  // What is emitted comes with the answers of the server, in the context that has opened the connection.
  if (typeof emit === 'function') submitted.emit = context.bind(active, emit)
  if (typeof read === 'function' && submitted.cursor === undefined) submitted.read = withBoundCallback(() => read)(read)
}

function endWith(submitted: Submittable, span: Span): void {
  const { handleReadyForQuery, handleError } = submitted
  submitted.handleReadyForQuery = function (...args) {
    span.end()
    // Once: it may be submitted again.
    Object.assign(submitted, { handleReadyForQuery, handleError })
    return handleReadyForQuery.apply(this, args)
  }
  submitted.handleError = function (error, ...args) {
    recordFailure(span, error ?? {})
    span.end()
    Object.assign(submitted, { handleReadyForQuery, handleError })
    return handleError.call(this, error, ...args)
  }
}
