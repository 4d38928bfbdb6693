import { context, SpanKind, SpanStatusCode, trace, type Exception, type Span, type Tracer } from '@opentelemetry/api'
import type { PgInstrumentationConfig } from '@opentelemetry/instrumentation-pg'
import type { InstrumentationClass } from '../instrumentation-class.js'

type Method = (this: unknown, ...args: unknown[]) => unknown
/** Makes of a method of pg's the one that takes its place. */
type Patch = (original: Method) => Method

interface Upstream {
  readonly tracer: Tracer
  getConfig(): PgInstrumentationConfig
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
export function withPgCallers(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as Upstream
  return class extends Class {
    _getClientConnectPatch(): Patch {
      return withBoundCallback(upstream._getClientConnectPatch.call(this))
    }

    _getPoolConnectPatch(): Patch {
      return withBoundCallback(upstream._getPoolConnectPatch.call(this))
    }

    _getClientQueryPatch(): Patch {
      const inside = this as unknown as Upstream
      const patchQuery = withBoundCallback(upstream._getClientQueryPatch.call(this))
      return (original) => {
        const query = patchQuery(original)
        return function (...args) {
          const [submitted] = args
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

interface Client {
  readonly connectionParameters?: { readonly database?: string; readonly host?: string; readonly port?: number }
}

const hasParent = (): boolean => trace.getSpan(context.active()) !== undefined

function isSubmittable(submitted: unknown): submitted is Submittable {
  return typeof submitted === 'object' && submitted !== null && typeof (submitted as Submittable).submit === 'function'
}

/** The span lasts until the connection is free again: a cursor holds it until it is read to its end, or closed. */
function traceSubmittable({ tracer }: Upstream, { connectionParameters = {} }: Client, submitted: Submittable): void {
  const { database, host, port } = connectionParameters
  const text = submitted.text ?? submitted.cursor?.text
  const attributes = {
    'db.system.name': 'postgresql',
    'db.namespace': database,
    'server.address': host,
    'server.port': port,
    'db.query.text': typeof text === 'string' ? text : undefined,
  }
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
    const { code, message = '', name = 'Error' } = (error ?? {}) as { code?: string; message?: string; name?: string }
    // Without the message, which may have values in it, as upstream has it.
    span.recordException(`PostgreSQL error of type '${name}' occurred (code: ${code ?? 'UNKNOWN'})` as Exception)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
    span.end()
    Object.assign(submitted, { handleReadyForQuery, handleError })
    return handleError.call(this, error, ...args)
  }
}
