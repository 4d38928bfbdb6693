import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteStore, StoreFileError } from '../../../src/viewer/store/sqlite.js'
import { log, span, spanId, traceId } from '../helpers/spans.js'
import { storeContract } from './store-contract.js'

const folder = mkdtempSync(join(tmpdir(), 'spanwright store '))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = (): string => join(folder, `store ${++files}.db`)

storeContract('the store in a file', (options) => sqliteStore(newFile(), options))

describe('a store in a file', () => {
  test('has after a restart what it had before, in the same order, pinned and searchable', () => {
    const file = newFile()
    let nowMillis = 1
    const options = { now: () => nowMillis, maxSpans: 3 }
    const before = sqliteStore(file, options)
    for (const n of [1, 2, 3]) {
      nowMillis = n
      before.add([
        span({ traceId: traceId(n), spanId: spanId(n), name: `GET /${n}`, attributes: { large: 2n ** 60n, no: NaN } }),
      ])
    }
    before.addLogs([log({ traceId: traceId(1) })])
    before.pin(traceId(2), true)
    const [summaries, spans, counts] = [before.summaries(), before.spansOf(traceId(1)), before.counts()]
    before.close()

    const after = sqliteStore(file, options)
    expect(after.summaries()).toEqual(summaries)
    expect(after.spansOf(traceId(1))).toEqual(spans)
    expect(after.logsOf(traceId(1))).toHaveLength(1)
    expect(after.counts()).toEqual(counts)
    expect(after.summaries({ where: ({ text }) => text.includes('get /3') })).toHaveLength(1)
    nowMillis = 9
    after.add([span({ traceId: traceId(4), spanId: spanId(4) }), span({ traceId: traceId(4), spanId: spanId(5) })])
    expect(after.summaries().map((summary) => summary.traceId)).toEqual([traceId(4), traceId(2)])
    after.close()
  })

  test('says in which run a trace arrived, counts spans of the last run once, and takes more of a trace', () => {
    const file = newFile()
    const before = sqliteStore(file, { now: () => 1_000 })
    before.add([span(), span({ traceId: traceId(2) })])
    before.close()
    const after = sqliteStore(file, { now: () => 90_000 })
    after.add([span(), span({ spanId: spanId(2) }), span({ traceId: traceId(3) })])
    expect(after.counts().spans).toBe(4)
    expect(after.spansOf(traceId(1)).map((each) => each.spanId)).toEqual([spanId(1), spanId(2)])
    const runs = after.summaries().map((summary) => [summary.traceId, summary.run])
    expect(Object.fromEntries(runs)).toEqual({
      [traceId(1)]: '1970-01-01T00:00:01Z',
      [traceId(2)]: '1970-01-01T00:00:01Z',
      [traceId(3)]: '1970-01-01T00:01:30Z',
    })
    after.close()
  })

  test('that shrank its limits keeps the newest', () => {
    const file = newFile()
    const before = sqliteStore(file)
    for (const n of [1, 2, 3]) before.add([span({ traceId: traceId(n), spanId: spanId(n) })])
    before.close()
    const after = sqliteStore(file, { maxSpans: 1 })
    expect(after.summaries().map((summary) => summary.traceId)).toEqual([traceId(3)])
    after.close()
  })

  test('is read by nobody else on the machine', () => {
    const file = newFile()
    sqliteStore(file).close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('that another viewer has open is not opened twice', () => {
    const file = newFile()
    const first = sqliteStore(file)
    first.add([span()])
    expect(() => sqliteStore(file)).toThrow(`${file}: another viewer has it open`)
    first.close()
    sqliteStore(file).close()
  })

  test('is no other database, no other file, and none of another version', () => {
    const other = newFile()
    const database = new DatabaseSync(other)
    database.exec('CREATE TABLE customers (name TEXT)')
    database.close()
    expect(() => sqliteStore(other)).toThrow('is the database of another program')
    const text = newFile()
    writeFileSync(text, 'hello, this is a text and no database '.repeat(50))
    expect(() => sqliteStore(text)).toThrow(StoreFileError)
    const newer = newFile()
    sqliteStore(newer).close()
    const changed = new DatabaseSync(newer)
    changed.exec('PRAGMA user_version = 99')
    changed.close()
    expect(() => sqliteStore(newer)).toThrow('another version')
    expect(() => sqliteStore(join(folder, 'no such folder', 'a.db'))).toThrow(StoreFileError)
  })
})
