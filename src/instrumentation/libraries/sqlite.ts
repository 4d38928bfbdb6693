import type { Span } from '@opentelemetry/api'
import { safeGet } from '../../internal/checks/safe-get.js'
import type { AnyFunction } from '../../internal/runtime/methods.js'
import type { Library, TracedCalls } from './library.js'
import { isInTrace, startQuery, withStatusCode } from './queries.js'

/** How a library of SQLite says what a statement is. */
interface Dialect {
  /** The text of a statement that has been prepared. */
  readonly textOf: (statement: object) => unknown
  /** The file of a database. */
  readonly fileOf: (database: object) => unknown
  /** The result code that an error stands for. */
  readonly codeOf: (error: unknown) => unknown
}

/**
 * node:sqlite: its classes are patched in place. A query is a call within the process, so that it has a span within a trace
 * only.
 */
export const NODE_SQLITE: Library = {
  builtIn: 'node:sqlite',
  packages: {},
  patch({ DatabaseSync, StatementSync }: { DatabaseSync: typeof Function; StatementSync: typeof Function }, calls) {
    const sqlite = new TracedSqlite(calls, {
      textOf: (statement) => safeGet(statement, 'sourceSQL'),
      fileOf: (database) => (database as { location?: () => string | null }).location?.() ?? undefined,
      codeOf: (error) => safeGet(error, 'errcode'),
    })
    sqlite.traceDatabase(DatabaseSync.prototype)
    sqlite.traceStatement(StatementSync.prototype)
  },
}

export const BETTER_SQLITE3: Library = {
  packages: { 'better-sqlite3': ['>=7'] },
  patch(exported: { prototype: object }, calls) {
    const sqlite = new TracedSqlite(calls, {
      textOf: (statement) => safeGet(statement, 'source'),
      fileOf: (database) => safeGet(database, 'name'),
      codeOf: (error) => safeGet(error, 'code'),
    })
    sqlite.traceDatabase(exported.prototype)
    // Its BEGIN and COMMIT are statements as well; their class is known by the first one only.
    calls.replace(
      exported.prototype,
      'transaction',
      (original) =>
        function (...args) {
          calls.safely(() => (this as { prepare(text: string): object }).prepare('SELECT 1'))
          return original.apply(this, args)
        },
    )
  },
}

class TracedSqlite {
  readonly #calls: TracedCalls
  readonly #dialect: Dialect
  /** Of a statement, its database: to ask for the file with each call would cost a call of SQLite's. */
  readonly #files = new WeakMap<object, unknown>()

  constructor(calls: TracedCalls, dialect: Dialect) {
    this.#calls = calls
    this.#dialect = dialect
  }

  traceDatabase(prototype: object): void {
    const run = this.#run.bind(this)
    const prepared = this.#prepared.bind(this)
    this.#calls.replace(
      prototype,
      'exec',
      (original) =>
        function (...args) {
          return run(this as object, args[0], () => original.apply(this, args))
        },
    )
    this.#calls.replace(
      prototype,
      'prepare',
      (original) =>
        function (...args) {
          return prepared(this as object, args[0], () => original.apply(this, args))
        },
    )
  }

  traceStatement(prototype: object): void {
    const run = this.#run.bind(this)
    const textOf = this.#dialect.textOf
    for (const name of ['run', 'get', 'all', 'iterate']) {
      this.#calls.replace(
        prototype,
        name,
        (original) =>
          function (...args) {
            return run(this as object, textOf(this as object), () => original.apply(this, args))
          },
      )
    }
  }

  /** Preparing is quick, and where it fails there is no statement to run: that alone has a span. */
  #prepared(database: object, text: unknown, prepare: () => unknown): unknown {
    try {
      const statement = prepare()
      this.#calls.safely(() => {
        this.traceStatement(Object.getPrototypeOf(statement) as object)
        this.#files.set(statement as object, this.#fileOf(database))
      })
      return statement
    } catch (error) {
      this.#fail(this.#start(database, text), error)
      throw error
    }
  }

  #run(owner: object, text: unknown, call: () => unknown): unknown {
    const span = this.#start(owner, text)
    if (!span) return call()
    try {
      const result = call()
      if (isIterator(result)) this.#endWith(result, span)
      else this.#calls.end(span)
      return result
    } catch (error) {
      this.#fail(span, error)
      throw error
    }
  }

  #start(owner: object, text: unknown): Span | undefined {
    if (!isInTrace() || typeof text !== 'string') return undefined
    const file = this.#fileOf(owner)
    return startQuery(this.#calls, { system: 'sqlite', text, namespace: typeof file === 'string' ? file : undefined })
  }

  #fileOf(owner: object): unknown {
    if (!this.#files.has(owner))
      this.#files.set(
        owner,
        this.#calls.safely(() => this.#dialect.fileOf(owner)),
      )
    return this.#files.get(owner)
  }

  #fail(span: Span | undefined, error: unknown): void {
    this.#calls.fail(span, error, withStatusCode(this.#dialect.codeOf(error)))
  }

  /** Rows are read as they are asked for. */
  #endWith(iterator: Iterator, span: Span): void {
    const step = (original: AnyFunction): AnyFunction => {
      const calls = this.#calls
      const fail = this.#fail.bind(this)
      return function (...args) {
        try {
          const result = original.apply(iterator, args)
          if (safeGet(result, 'done') === true) calls.end(span)
          return result
        } catch (error) {
          fail(span, error)
          throw error
        }
      }
    }
    this.#calls.safely(() => {
      for (const name of ['next', 'return'] as const) {
        const original = iterator[name]
        if (original)
          Object.defineProperty(iterator, name, { value: step(original), configurable: true, writable: true })
      }
    })
  }
}

interface Iterator {
  readonly next: AnyFunction
  readonly return?: AnyFunction
}

const isIterator = (result: unknown): result is Iterator => typeof safeGet(result, 'next') === 'function'
