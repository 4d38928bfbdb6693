import { context, SpanKind, trace, type Attributes, type Span } from '@opentelemetry/api'
import { readStatement } from '../../internal/privacy/known-secrets.js'
import type { TracedCalls } from './library.js'

/** A query as the library is given it. */
export interface Query {
  /** A value of `db.system.name`. */
  readonly system: string
  /** Without `text`: the name of what is done, such as `BEGIN`. */
  readonly operation?: string
  readonly text?: string | undefined
  readonly namespace?: string | undefined
  readonly address?: string | undefined
  readonly port?: number | undefined
}

/** The span of a query by the conventions of databases: named by its summary, its text without values. */
export function startQuery(calls: TracedCalls, query: Query): Span | undefined {
  const { name, attributes } = describe(calls, query)
  return calls.start(name, { kind: SpanKind.CLIENT, attributes })
}

/** Where the text has only become known when the query was sent. */
export function redescribe(calls: TracedCalls, span: Span, query: Query): void {
  const { name, attributes } = describe(calls, query)
  calls.safely(() => span.updateName(name).setAttributes(attributes))
}

function describe(calls: TracedCalls, query: Query): { name: string; attributes: Attributes } {
  const { system, text, operation: given, namespace, address, port } = query
  const read = text === undefined ? undefined : calls.safely(() => readStatement(text, system))
  const operation = read?.operation ?? given
  const attributes: Attributes = {
    'db.system.name': system,
    'db.namespace': namespace,
    'db.query.text': read?.text,
    'db.query.summary': read?.summary,
    'db.operation.name': operation,
    'server.address': address,
    'server.port': port,
  }
  return { name: read?.summary ?? operation ?? system, attributes }
}

/** A library in the process is part of what calls it: outside of a trace, each of its queries would be a trace of one span. */
export const isInTrace = (): boolean => trace.getSpan(context.active()) !== undefined

/** An answer of the database, in the form that the conventions want. */
export function withStatusCode(code: unknown): (span: Span) => void {
  return (span) => {
    if (typeof code === 'string' || typeof code === 'number') span.setAttribute('db.response.status_code', String(code))
  }
}
