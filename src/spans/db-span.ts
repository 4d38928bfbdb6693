import { SpanKind, type Attributes, type Span } from '@opentelemetry/api'
import {
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { safeGet } from '../internal/checks/safe-get.js'
import { readStatement, type Statement } from '../internal/privacy/known-secrets.js'
import { runInSpan, type Outcome } from './with-span.js'

export interface DbSpanOptions {
  /** `postgresql`, `mysql`, `redis`, `mongodb`, …: a value of `db.system.name`. */
  readonly system: string
  /** The query. Literals in it are replaced by `?` before it reaches the span. */
  readonly statement?: string | undefined
  /** `SELECT`, `findAndModify`, `HMSET`, …; read from an SQL statement that has just one. */
  readonly operation?: string | undefined
  /** The table, collection or container that the operation is on. */
  readonly collection?: string | undefined
  /** The database, schema or keyspace. */
  readonly namespace?: string | undefined
  /** Added to the conventions' own, and stronger than they: with `db.query.text` here you choose what is shown. */
  readonly attributes?: Attributes | undefined
}

/**
 * Runs fn in a CLIENT span for a database call, by the semantic conventions: named by the summary of the query
 * (`SELECT orders`), else by operation and collection, operation, collection, namespace, or system.
 *
 * The span never carries values: `db.query.text` is the statement of an SQL database with `?` for every literal. For
 * other databases, whose languages we do not read, it is left out.
 *
 * See {@link withSpan} for how long the span lasts. The instrumentations of database drivers make these spans by
 * themselves: this is for drivers that have none.
 */
export function withDbSpan<T>(db: DbSpanOptions, fn: (span: Span) => T): T {
  const { system, collection, namespace } = db
  const { text, summary, operation } = describe(db)
  const attributes: Attributes = { [ATTR_DB_SYSTEM_NAME]: system }
  if (namespace !== undefined) attributes[ATTR_DB_NAMESPACE] = namespace
  if (collection !== undefined) attributes[ATTR_DB_COLLECTION_NAME] = collection
  if (operation !== undefined) attributes[ATTR_DB_OPERATION_NAME] = operation
  if (summary !== undefined) attributes[ATTR_DB_QUERY_SUMMARY] = summary
  if (text !== undefined) attributes[ATTR_DB_QUERY_TEXT] = text
  const name = summary ?? operation ?? collection ?? namespace ?? system
  return runInSpan(name, { kind: SpanKind.CLIENT, attributes: { ...attributes, ...db.attributes } }, fn, DB_OUTCOME)
}

/** What the caller says about the query takes precedence over what its text says. */
function describe({ system, statement, operation, collection, attributes }: DbSpanOptions): Statement {
  // It can be an object that a driver takes, and the file of the build that reads it can be gone: the call is made all the same.
  const read = (): Statement => (statement === undefined ? {} : readStatement(statement, system))
  const found = safely('withDbSpan could not read a statement, its span is made without it', read) ?? {}
  const name = operation ?? found.operation
  const given = attributes?.[ATTR_DB_QUERY_SUMMARY]
  const inText = operation === undefined ? found.summary : undefined
  const summary = inText ?? (name !== undefined && collection !== undefined ? `${name} ${collection}` : name)
  return { text: found.text, operation: name, summary: typeof given === 'string' ? given : summary }
}

const DB_OUTCOME: Outcome = {
  error(span, error) {
    const code = responseStatusCode(error)
    if (code !== undefined) span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, code)
  },
}

/**
 * MySQL's drivers give the server's error number, those of the SQL standard an SQLSTATE of five characters. The codes
 * of failed connections (`ECONNREFUSED`, negative numbers) are no database's answer.
 */
function responseStatusCode(error: unknown): string | undefined {
  const number = safeGet(error, 'errno')
  if (typeof number === 'number' && number > 0) return String(number)
  const code = safeGet(error, 'code')
  if (typeof code === 'number') return String(code)
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined
}
