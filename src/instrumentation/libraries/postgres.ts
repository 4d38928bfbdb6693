import { context, trace, type Span } from '@opentelemetry/api'
import type { AnyFunction } from '../../internal/runtime/methods.js'
import type { Library, TracedCalls } from './library.js'
import { redescribe, startQuery, withStatusCode, type Query } from './queries.js'

/** A query of postgres.js: a promise that is sent when it is awaited, or when `execute`, `forEach` or a cursor asks for it. */
interface PostgresQuery {
  readonly strings: readonly string[]
  readonly args: readonly unknown[]
  /** What is sent, once it is. */
  readonly string?: unknown
  readonly executed: boolean
  /** Undefined of what the library asks for by itself. */
  readonly canceller?: object | null
  resolve: AnyFunction
  reject: AnyFunction
  cursorFn?: unknown
  forEachFn?: unknown
}

interface Sql {
  unsafe(text: string): unknown
  readonly options?: {
    readonly host?: readonly string[] | string
    readonly port?: readonly number[] | number
    readonly path?: string | false
    readonly database?: string
  }
}

type Factory = (this: unknown, ...args: unknown[]) => Sql

/**
 * postgres.js. Its class of queries is not exported: the prototype is that of a query which is never sent.
 */
export const POSTGRES: Library = {
  packages: { postgres: ['>=3 <4'] },
  patch(exported: { default?: Factory } | Factory, calls) {
    if (typeof exported === 'function') return withTracedQueries(exported, calls)
    if (typeof exported.default === 'function') exported.default = withTracedQueries(exported.default, calls)
    return exported
  },
}

/** Where the queries of a client go, by the function that cancels them, which all that it makes have in common. */
const targets = new WeakMap<object, Partial<Query>>()

function withTracedQueries(create: Factory, calls: TracedCalls): Factory {
  const traced: Factory = function (...args) {
    const sql = create.apply(this, args)
    calls.safely(() => {
      const query = sql.unsafe('') as PostgresQuery
      calls.replace(query, 'handle', (original) => tracedHandle(original, calls))
      if (query.canceller) targets.set(query.canceller, targetOf(sql))
    })
    return sql
  }
  return Object.defineProperties(traced, Object.getOwnPropertyDescriptors(create))
}

function targetOf({ options: { host, port, path, database } = {} }: Sql): Partial<Query> {
  const [address] = [host].flat()
  const [number] = [port].flat()
  return typeof path === 'string'
    ? { address: path, namespace: database }
    : { address, port: number, namespace: database }
}

/** Asked for with each `then`, `catch` or step of a cursor; the query is sent with the first one. */
function tracedHandle(original: AnyFunction, calls: TracedCalls): AnyFunction {
  const spans = new WeakMap<object, Span>()
  return function (...args) {
    const query = this as PostgresQuery
    const target = query.canceller && targets.get(query.canceller)
    const running = spans.get(query)
    if (query.executed || !target) {
      if (running) calls.safely(() => endWith(query, running, calls))
      return original.apply(this, args)
    }
    const described: Query = { system: 'postgresql', ...target, text: calls.safely(() => textOf(query)) }
    const span = startQuery(calls, described)
    if (!span) return original.apply(this, args)
    spans.set(query, span)
    calls.safely(() => {
      // Rows arrive in the context that has opened the connection.
      for (const key of ['cursorFn', 'forEachFn'] as const) query[key] = context.bind(context.active(), query[key])
      endWith(query, span, calls, described)
    })
    return context.with(trace.setSpan(context.active(), span), original, this, ...args)
  }
}

const ending = new WeakSet<object>()

/** A cursor sets `resolve` and `reject` anew with each step. */
function endWith(query: PostgresQuery, span: Span, calls: TracedCalls, described?: Query): void {
  const { resolve, reject } = query
  if (ending.has(resolve)) return
  const settle = (error?: unknown): void => {
    const { string } = query
    const isKnown = typeof string === 'string' && string !== described?.text
    if (described && isKnown && span.isRecording()) redescribe(calls, span, { ...described, text: string })
    if (error === undefined) calls.end(span)
    else calls.fail(span, error, withStatusCode(sqlState(error)))
  }
  query.resolve = function (...args) {
    settle()
    return resolve.apply(this, args)
  }
  query.reject = function (...args) {
    settle(args[0] ?? 'no error')
    return reject.apply(this, args)
  }
  ending.add(query.resolve)
}

/** Codes of the driver, such as `CONNECT_TIMEOUT`, are no answers. */
function sqlState(error: unknown): unknown {
  const { name, code } = error as { name?: unknown; code?: unknown }
  return name === 'PostgresError' ? code : undefined
}

/** As it will be sent, except helpers that write several columns or values. */
function textOf({ strings, args }: PostgresQuery, start = 0): string {
  let count = start
  return strings.reduce((text, string, at) => {
    const arg = args[at - 1]
    if (isFragment(arg)) return text + textOf(arg, count) + string
    return `${text}${isIdentifier(arg) ? arg.value : `$${++count}`}${string}`
  })
}

const isFragment = (arg: unknown): arg is PostgresQuery =>
  typeof arg === 'object' && arg !== null && Array.isArray((arg as Partial<PostgresQuery>).strings)

const isIdentifier = (arg: unknown): arg is { value: string } => arg?.constructor.name === 'Identifier'
