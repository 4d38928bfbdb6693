import { context, type Span } from '@opentelemetry/api'
import { safeGet } from '../../internal/checks/safe-get.js'
import type { AnyFunction } from '../../internal/runtime/methods.js'
import type { Library, TracedCalls } from './library.js'
import { startQuery, withStatusCode, type Query } from './queries.js'
import { withReplaced, type Exports } from './replaced-exports.js'

/** Methods of connections and pools, by what they do; undefined: what their first argument says. */
const METHODS: Readonly<Record<string, string | undefined>> = {
  query: undefined,
  execute: undefined,
  batch: undefined,
  queryStream: undefined,
  beginTransaction: 'START TRANSACTION',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
}

/**
 * The connector of MariaDB, with promises and with callbacks. Its classes are not exported: prototypes are those of what its
 * functions make. Versions since 3.5 are one file in CommonJS, and many in ECMAScript modules.
 */
export const MARIADB: Library = {
  packages: { mariadb: ['>=3 <4'] },
  files: { mariadb: ['mariadb/callback.js', 'mariadb/dist/callback.cjs'] },
  patch(exported: Exports, calls) {
    const connector = new TracedConnector(calls)
    return withReplaced(exported, {
      createConnection: (original) =>
        connector.creating(original, (connection, target) => connector.trace(connection, target)),
      createPool: (original) => connector.creating(original, (pool, target) => connector.tracePool(pool, target)),
      createPoolCluster: (original) => connector.creating(original, (cluster) => connector.traceCluster(cluster)),
    })
  },
}

type Target = Pick<Query, 'address' | 'port' | 'namespace'>

class TracedConnector {
  readonly #calls: TracedCalls
  /** Where connections and pools lead to. */
  readonly #targets = new WeakMap<object, Target>()
  /** Of the methods, one calls another one. */
  #isWithin = false

  constructor(calls: TracedCalls) {
    this.#calls = calls
  }

  /** @param trace is given what the function makes, or promises */
  creating(original: AnyFunction, trace: (made: object, target: Target) => void): AnyFunction {
    const calls = this.#calls
    return function (...args) {
      const seen = (made: unknown): void => calls.safely(() => trace(made as object, targetOf(args[0])))
      return givenTo(seen, original.apply(this, args))
    }
  }

  trace(connection: object, target: Target): void {
    this.#targets.set(connection, target)
    for (const name of Object.keys(METHODS)) {
      this.#calls.replace(connection, name, (original) => this.#traced(original, () => METHODS[name]))
    }
    const tracePrepared = (prepared: unknown): void => {
      this.#calls.replace(prepared, 'execute', (execute) =>
        this.#traced(execute, (statement) => textOf(safeGet(statement, 'query'))),
      )
      this.#targets.set(prepared as object, target)
    }
    this.#calls.replace(connection, 'prepare', (original) => this.#resulting(original, tracePrepared))
  }

  tracePool(pool: object, target: Target): void {
    this.trace(pool, target)
    const traceConnection = (connection: unknown, from: object): void =>
      this.trace(connection as object, this.#targets.get(from) ?? {})
    this.#calls.replace(pool, 'getConnection', (original) => this.#resulting(original, traceConnection))
  }

  traceCluster(cluster: object): void {
    const traceConnection = (connection: unknown): void => this.trace(connection as object, {})
    this.#calls.replace(cluster, 'getConnection', (original) => this.#resulting(original, traceConnection))
  }

  /** @param seen is given what the method promises, or calls back with */
  #resulting(original: AnyFunction, seen: (result: unknown, from: object) => void): AnyFunction {
    const calls = this.#calls
    return function (...args) {
      const found = (result: unknown): void => {
        if (result) calls.safely(() => seen(result, this as object))
      }
      const at = args.findLastIndex((arg) => typeof arg === 'function')
      if (at < 0) return givenTo(found, original.apply(this, args))
      const callback = context.bind(context.active(), args[at] as AnyFunction)
      args[at] = function (this: unknown, ...results: unknown[]): unknown {
        found(results[1])
        return callback.apply(this, results)
      }
      return original.apply(this, args)
    }
  }

  #traced(original: AnyFunction, textFor: (on: unknown) => string | undefined): AnyFunction {
    const connector = this as TracedConnector
    return function (...args) {
      if (connector.#isWithin) return original.apply(this, args)
      const text = connector.#calls.safely(() => textFor(this) ?? textOf(args[0]))
      const target = connector.#targets.get(this as object)
      const span = startQuery(connector.#calls, { system: 'mariadb', ...target, text })
      if (!span) return original.apply(this, args)
      const at = args.findLastIndex((arg) => typeof arg === 'function')
      if (at >= 0) args[at] = connector.#callback(args[at] as AnyFunction, span)
      connector.#isWithin = true
      try {
        const result = original.apply(this, args)
        return at >= 0 ? result : connector.#follow(result, span)
      } catch (error) {
        connector.#fail(span, error)
        throw error
      } finally {
        connector.#isWithin = false
      }
    }
  }

  #callback(callback: AnyFunction, span: Span): AnyFunction {
    const bound = context.bind(context.active(), callback)
    const end = this.#end.bind(this, span)
    return function (...results) {
      end(results[0])
      return bound.apply(this, results)
    }
  }

  #follow(result: unknown, span: Span): unknown {
    if (result instanceof Promise) {
      return result.then(
        (value: unknown) => {
          this.#calls.end(span)
          return value
        },
        (error: unknown) => {
          this.#fail(span, error)
          throw error
        },
      )
    }
    if (isEmitter(result)) this.#calls.safely(() => this.#followEmitter(result, span))
    else this.#calls.end(span)
    return result
  }

  /** A stream of rows, or a command without a callback. A listener for errors would have them count as handled. */
  #followEmitter(emitter: Emitter, span: Span): void {
    const emit = context.bind(context.active(), emitter.emit)
    const settle = (event: unknown, error: unknown): void => {
      if (event === 'error') this.#fail(span, error)
      else if (event === 'end' || event === 'close') this.#calls.end(span)
    }
    emitter.emit = function (...args) {
      settle(args[0], args[1])
      return emit.apply(this, args)
    }
  }

  #end(span: Span, error: unknown): void {
    if (error === undefined || error === null) this.#calls.end(span)
    else this.#fail(span, error)
  }

  #fail(span: Span, error: unknown): void {
    this.#calls.fail(span, this.#calls.safely(() => withoutStatement(error)) ?? error, withStatusCode(numberOf(error)))
  }
}

function givenTo(seen: (made: unknown) => void, made: unknown): unknown {
  if (!(made instanceof Promise)) {
    seen(made)
    return made
  }
  return made.then((value: unknown) => {
    seen(value)
    return value
  })
}

interface Emitter {
  emit: AnyFunction
}

const isEmitter = (result: unknown): result is Emitter => typeof safeGet(result, 'emit') === 'function'

const textOf = (given: unknown): string | undefined => {
  const text = typeof given === 'string' ? given : safeGet(given, 'sql')
  return typeof text === 'string' ? text : undefined
}

/** Options, or the URL that has them. */
function targetOf(given: unknown): Target {
  if (typeof given === 'string') {
    const { hostname, port, pathname } = new URL(given)
    return { address: hostname, port: Number(port || DEFAULT_PORT), namespace: pathname.slice(1) || undefined }
  }
  const { host = 'localhost', port = DEFAULT_PORT, database, socketPath } = (given ?? {}) as Options
  return socketPath ? { address: socketPath, namespace: database } : { address: host, port, namespace: database }
}

const DEFAULT_PORT = 3306

interface Options {
  readonly host?: string
  readonly port?: number
  readonly socketPath?: string
  readonly database?: string
}

/** Numbers from 45000 to 46000 are the connector's own. */
function numberOf(error: unknown): unknown {
  const number = safeGet(error, 'errno')
  return typeof number === 'number' && number > 0 && (number < 45_000 || number >= 46_000) ? number : undefined
}

/** The message has the statement in it, with its values. */
function withoutStatement(error: unknown): unknown {
  const message = safeGet(error, 'sqlMessage')
  if (!(error instanceof Error) || typeof message !== 'string') return error
  const { name, message: whole, stack } = error
  return { name, message, code: safeGet(error, 'code'), stack: stack?.replace(whole, () => message) }
}
