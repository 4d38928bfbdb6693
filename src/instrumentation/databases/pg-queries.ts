import {
  context,
  createNoopMeter,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Exception,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import type { PgInstrumentationConfig } from '@opentelemetry/instrumentation-pg'
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions'

/*
 * Queries of pg, and waits for a connection of its pool, traced for half of what upstream's code takes: the spans are the same, and
 * what the app has set by an option, or measures, is left to that.
 */

export type Method = (this: unknown, ...args: unknown[]) => unknown

/** What there is inside of upstream's class, none of it public; tests see whether it is there. */
export interface PgInside {
  readonly tracer: Tracer
  readonly _operationDuration?: object
  getConfig(): PgInstrumentationConfig
}

/** What has state is handed over: this is a file apart from the one that has it. */
export interface Shared {
  readonly contextWithSpan: (parent: Context, span: Span) => Context
}

export interface Client {
  readonly connectionParameters?: { readonly database?: string; readonly host?: string; readonly port?: number }
}

interface Pool {
  readonly options?: Readonly<Record<string, unknown>>
}

type Callback = (this: unknown, error: unknown, ...results: unknown[]) => unknown

/** What is left to upstream's code where it is set. */
const OPTIONS_OF_UPSTREAM = [
  'requestHook',
  'responseHook',
  'connectionHook',
  'enhancedDatabaseReporting',
  'addSqlCommenterCommentToQueries',
  'enableTraceContextPropagation',
] as const

const NO_HISTOGRAM = createNoopMeter().createHistogram('none').constructor
const ownConfigs = new WeakMap<PgInstrumentationConfig, boolean>()

export function isOwnPath(inside: PgInside): boolean {
  if (inside._operationDuration?.constructor !== NO_HISTOGRAM) return false
  const config = inside.getConfig()
  let isOwn = ownConfigs.get(config)
  if (isOwn === undefined) {
    isOwn = !OPTIONS_OF_UPSTREAM.some((name) => config[name])
    ownConfigs.set(config, isOwn)
  }
  return isOwn
}

/** The text of a query by `query(text, …)` or `query({ text, … }, …)`; undefined for what has to be looked at closer. */
export function textOfQuery(args: readonly unknown[]): string | undefined {
  const [query] = args
  if (typeof query === 'string') return query
  const { text, submit, callback } = (query ?? {}) as Readonly<Record<string, unknown>>
  return typeof text === 'string' && submit === undefined && callback === undefined ? text : undefined
}

/** In place of upstream's: the callback, or what awaits the promise, is called when the span has ended. */
export function tracedQuery(
  inside: PgInside,
  client: Client,
  original: Method,
  args: unknown[],
  text: string,
): unknown {
  const active = context.active()
  const [query] = args
  const plan = typeof query === 'string' ? undefined : (query as { name?: unknown }).name
  const attributes: Attributes = { ...attributesOf(client), [ATTR_DB_QUERY_TEXT]: text === '' ? undefined : text }
  if (typeof plan === 'string') attributes['db.postgresql.plan'] = plan
  const span = inside.tracer.startSpan('pg.query', { kind: SpanKind.CLIENT, attributes }, active)
  return tracedCall(span, active, args, () => original.apply(client, args))
}

/** Of `Pool.connect`: how long a query waits for a connection. */
export function tracedConnect(
  { inside, contextWithSpan }: Shared & { readonly inside: PgInside },
  pool: Pool,
  original: Method,
  args: unknown[],
): unknown {
  const active = context.active()
  const span = inside.tracer.startSpan(
    'pg-pool.connect',
    { kind: SpanKind.CLIENT, attributes: attributesOfPool(pool) },
    active,
  )
  // Of a connection that it opens.
  const within = contextWithSpan(active, span)
  return tracedCall(span, active, args, () => context.with(within, () => original.apply(pool, args)))
}

function tracedCall(span: Span, active: Context, args: unknown[], call: () => unknown): unknown {
  const last = args.length - 1
  const callback = args[last]
  if (typeof callback === 'function') {
    args[last] = function (this: unknown, error: unknown, ...results: unknown[]) {
      settle(span, error)
      return context.with(active, callback as Callback, this, error, ...results)
    }
  }
  let result: unknown
  try {
    result = call()
  } catch (error) {
    settle(span, error ?? String(error))
    throw error
  }
  // Of whichever class the app has chosen for promises.
  if (!isThenable(result)) return result
  return result.then(
    (value: unknown) => {
      span.end()
      return value
    },
    (error: unknown) => {
      settle(span, error ?? String(error))
      throw error
    },
  )
}

const isThenable = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

function settle(span: Span, error: unknown): void {
  if (error) recordFailure(span, error)
  span.end()
}

/** Without the message of the error in the exception, which may have values in it, as upstream has it. */
export function recordFailure(span: Span, error: unknown): void {
  const { code, message, name = 'Error' } = error as { code?: string; message?: string; name?: string }
  if (error instanceof Error) {
    span.recordException(`PostgreSQL error of type '${name}' occurred (code: ${code ?? 'UNKNOWN'})` as Exception)
  }
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) })
}

export const hasParent = (): boolean => trace.getSpan(context.active()) !== undefined

export function attributesOf({ connectionParameters = {} }: Client): Attributes {
  const { database, host, port } = connectionParameters
  return {
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
    [ATTR_DB_NAMESPACE]: database,
    [ATTR_SERVER_ADDRESS]: host,
    [ATTR_SERVER_PORT]: Number.isInteger(port) ? port : undefined,
  }
}

const pools = new WeakMap<object, Attributes>()

function attributesOfPool({ options = {} }: Pool): Attributes {
  let attributes = pools.get(options)
  if (!attributes) {
    const { connectionString, database, host, port, idleTimeoutMillis, maxClient } = options
    const url = typeof connectionString === 'string' ? URL.parse(connectionString) : null
    attributes = {
      'db.postgresql.idle.timeout.millis': idleTimeoutMillis as number | undefined,
      'db.postgresql.max.client': maxClient as number | undefined,
      [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
      [ATTR_DB_NAMESPACE]: (url?.pathname.slice(1) ?? database) as string | undefined,
      [ATTR_SERVER_ADDRESS]: (url?.hostname ?? host) as string | undefined,
      [ATTR_SERVER_PORT]: Number(url?.port) || (typeof port === 'number' && Number.isInteger(port) ? port : undefined),
    }
    pools.set(options, attributes)
  }
  return attributes
}
