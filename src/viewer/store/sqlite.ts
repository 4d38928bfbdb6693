import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import { IndexedStore, type StoreOptions } from './indexed-store.js'
import type { Arrival, Shelf } from './shelf.js'
import type { StoredRecord } from './trace-record.js'

/** A file that no store can be opened from, with the reason in words for people. */
export class StoreFileError extends Error {
  override readonly name = 'StoreFileError'
}

/**
 * Keeps traces in a file, over restarts. What is known of each trace is read at the start, its spans when they are asked for.
 *
 * @throws {StoreFileError}
 */
export function sqliteStore(path: string, options: StoreOptions = {}): TraceStore {
  let database: DatabaseSync | undefined
  try {
    database = openDatabase(path)
    return new IndexedStore(new SqliteShelf(database), options)
  } catch (error) {
    database?.close()
    if (error instanceof StoreFileError) throw error
    const message = messageOf(error)
    throw new StoreFileError(`${path}: ${message.includes('locked') ? 'another viewer has it open' : message}`)
  }
}

/** `spwv`: tells the file from other databases. */
const APPLICATION_ID = 0x73_70_77_76
const VERSION = 1

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS traces (id TEXT PRIMARY KEY, touched INTEGER NOT NULL, record BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS arrivals (sequence INTEGER PRIMARY KEY, trace TEXT NOT NULL, kind INTEGER NOT NULL, items BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS arrivals_of_trace ON arrivals (trace, kind, sequence);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`

function openDatabase(path: string): DatabaseSync {
  // Traces hold what others on this machine should not read.
  closeSync(openSync(path, 'a', 0o600))
  const database = new (loadSqlite().DatabaseSync)(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    checkKind(database, path)
    database.exec(SCHEMA)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function checkKind(database: DatabaseSync, path: string): void {
  const pragma = (name: string): unknown => database.prepare(`PRAGMA ${name}`).get()?.[name]
  const isEmpty = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0
  if (isEmpty) return
  if (pragma('application_id') !== APPLICATION_ID)
    throw new StoreFileError(`${path} is the database of another program`)
  if (pragma('user_version') !== VERSION)
    throw new StoreFileError(`${path} was written by another version of spanwright`)
}

/** Node.js 22 warns that the module is experimental, on the terminal of a user who did not choose it. */
function loadSqlite(): typeof import('node:sqlite') {
  const before = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = () => {}
  try {
    return requireOwn('node:sqlite') as typeof import('node:sqlite')
  } finally {
    if (before) Object.defineProperty(process, 'emitWarning', before)
  }
}

const SPANS = 0
const LOGS = 1

/** Each row has what arrived of a trace at once, as V8 writes it: bigints, infinite numbers and shared resources as they were. */
class SqliteShelf implements Shelf {
  readonly #database: DatabaseSync
  readonly #putTrace: StatementSync
  readonly #putItems: StatementSync
  readonly #itemsOf: StatementSync
  readonly #removeTrace: StatementSync
  readonly #removeItems: StatementSync
  readonly #removeItemsOfKind: StatementSync
  #touched = 0

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#putTrace = database.prepare('INSERT OR REPLACE INTO traces VALUES (?, ?, ?)')
    this.#putItems = database.prepare('INSERT INTO arrivals (trace, kind, items) VALUES (?, ?, ?)')
    this.#itemsOf = database.prepare('SELECT items FROM arrivals WHERE trace = ? AND kind = ? ORDER BY sequence')
    this.#removeTrace = database.prepare('DELETE FROM traces WHERE id = ?')
    this.#removeItems = database.prepare('DELETE FROM arrivals WHERE trace = ?')
    this.#removeItemsOfKind = database.prepare('DELETE FROM arrivals WHERE trace = ? AND kind = ?')
  }

  *load(): Iterable<StoredRecord> {
    for (const { touched, record } of this.#database.prepare('SELECT * FROM traces ORDER BY touched').iterate()) {
      this.#touched = Number(touched)
      yield deserialize(record as Uint8Array) as StoredRecord
    }
  }

  put(arrivals: readonly Arrival[]): void {
    this.#atOnce(() => {
      for (const { record, spans, logs } of arrivals) {
        if (spans.length > 0) this.#putItems.run(record.traceId, SPANS, serialize(spans))
        if (logs.length > 0) this.#putItems.run(record.traceId, LOGS, serialize(logs))
        // What a pin changes is no arrival, and stays in its place.
        const isArrival = spans.length + logs.length > 0
        if (isArrival) this.#putTrace.run(record.traceId, ++this.#touched, serialize(record.stored()))
        else
          this.#database
            .prepare('UPDATE traces SET record = ? WHERE id = ?')
            .run(serialize(record.stored()), record.traceId)
      }
    })
  }

  replace(traceId: string, spans: readonly ReceivedSpan[]): void {
    this.#atOnce(() => {
      this.#removeItemsOfKind.run(traceId, SPANS)
      this.#putItems.run(traceId, SPANS, serialize(spans))
    })
  }

  spansOf(traceId: string): readonly ReceivedSpan[] {
    return this.#items(traceId, SPANS) as ReceivedSpan[]
  }

  logsOf(traceId: string): readonly ReceivedLog[] {
    return this.#items(traceId, LOGS) as ReceivedLog[]
  }

  remove(traceIds: readonly string[]): void {
    this.#atOnce(() => {
      for (const traceId of traceIds) {
        this.#removeTrace.run(traceId)
        this.#removeItems.run(traceId)
      }
    })
  }

  clear(): void {
    this.#database.exec('DELETE FROM traces; DELETE FROM arrivals')
  }

  close(): void {
    this.#database.close()
  }

  #items(traceId: string, kind: number): unknown[] {
    return this.#itemsOf.all(traceId, kind).flatMap(({ items }) => deserialize(items as Uint8Array) as unknown[])
  }

  #atOnce(change: () => void): void {
    this.#database.exec('BEGIN')
    try {
      change()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}
