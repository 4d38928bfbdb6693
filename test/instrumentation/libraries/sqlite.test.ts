import { describe, expect, test } from 'vitest'
import { named, runLibrary, WAYS, written } from './run-library.js'

const TREE = [
  'INTERNAL statements',
  '  CLIENT INSERT items',
  '  CLIENT INSERT items',
  '  CLIENT SELECT items',
  '  CLIENT SELECT items',
  '  CLIENT SELECT items',
  '  CLIENT SELECT items',
  '  CLIENT DELETE items',
  'INTERNAL no such table',
  '  CLIENT SELECT missing ERROR',
  'INTERNAL twice',
  '  CLIENT INSERT items ERROR',
  'INTERNAL closed',
  '  CLIENT SELECT ERROR',
]

const OF_QUERY = {
  'db.system.name': 'sqlite',
  'db.query.text': 'DELETE FROM items WHERE id = ?',
  'db.query.summary': 'DELETE items',
  'db.operation.name': 'DELETE',
}

describe('queries within a trace have spans', () => {
  test.each(WAYS)('of node:sqlite: %s', async (way) => {
    const { stdout, spans, tree } = await runLibrary('node:sqlite', way)
    expect(stdout).toBe(
      '2\n1\n2\n1\nno such table: ERR_SQLITE_ERROR\ntwice: ERR_SQLITE_ERROR\nclosed: ERR_INVALID_STATE\n',
    )
    expect(tree).toEqual(TREE)
    expect(named(spans, 'DELETE items').attributes).toEqual(OF_QUERY)
    const failed = named(spans, 'SELECT missing')
    expect(failed.attributes).toMatchObject({ 'error.type': 'ERR_SQLITE_ERROR', 'db.response.status_code': '1' })
    expect(failed.events).toHaveLength(1)
    expect(written(spans)).not.toMatch(/hunter2|alice/)
  })

  test.each(WAYS)('of better-sqlite3, also those of its transactions: %s', async (way) => {
    const { stdout, spans, tree } = await runLibrary('better-sqlite3', way)
    expect(stdout).toBe(
      '2\n1\n2\n1\nno such table: SQLITE_ERROR\ntwice: SQLITE_CONSTRAINT_PRIMARYKEY\n' +
        'closed: The database connection is not open\n',
    )
    const ofTransaction = ['INTERNAL transaction', '  CLIENT BEGIN', '  CLIENT CREATE TABLE t', '  CLIENT COMMIT']
    expect(tree).toEqual([...ofTransaction, ...TREE])
    expect(named(spans, 'DELETE items').attributes).toEqual({ ...OF_QUERY, 'db.namespace': ':memory:' })
    const code = 'SQLITE_ERROR'
    expect(named(spans, 'SELECT missing').attributes).toMatchObject({
      'error.type': code,
      'db.response.status_code': code,
    })
    expect(written(spans)).not.toMatch(/hunter2|alice/)
  })
})
