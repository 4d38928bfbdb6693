import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test, vi } from 'vitest'
import { withDbSpan, type DbSpanOptions } from '../../src/spans/db-span.js'
import { TestTracing } from './tracing.js'

function spanOf(db: DbSpanOptions): ReadableSpan {
  const tracing = new TestTracing()
  withDbSpan(db, () => {})
  const [span] = tracing.ended
  if (span === undefined) throw new Error('no span')
  return span
}

test('a query is a CLIENT span named by its summary, with the statement and no values', () => {
  const span = spanOf({
    system: 'postgresql',
    namespace: 'shop',
    statement: "SELECT * FROM orders WHERE id = 17 AND mail = 'ann@example.com'",
  })
  expect(span).toMatchObject({ name: 'SELECT orders', kind: SpanKind.CLIENT })
  expect(span.attributes).toEqual({
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.operation.name': 'SELECT',
    'db.query.summary': 'SELECT orders',
    'db.query.text': 'SELECT * FROM orders WHERE id = ? AND mail = ?',
  })
})

test('operation and collection of the caller name the span', () => {
  const span = spanOf({ system: 'mongodb', operation: 'findAndModify', collection: 'orders' })
  expect(span.name).toBe('findAndModify orders')
  expect(span.attributes).toEqual({
    'db.system.name': 'mongodb',
    'db.operation.name': 'findAndModify',
    'db.collection.name': 'orders',
    'db.query.summary': 'findAndModify orders',
  })
})

test.each<[string, DbSpanOptions]>([
  ['ping', { system: 'mongodb', operation: 'ping', namespace: 'shop' }],
  ['orders', { system: 'mongodb', collection: 'orders', namespace: 'shop' }],
  ['shop', { system: 'mongodb', namespace: 'shop' }],
  ['mongodb', { system: 'mongodb' }],
  ['get user by id', { system: 'mysql', statement: 'SELECT 1', attributes: { 'db.query.summary': 'get user by id' } }],
])('the name of the span is the most telling of what is known: %s', (name, db) => {
  expect(spanOf(db).name).toBe(name)
})

test('a statement that is an object for the driver is left out, and the call is made', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const statement = { text: 'SELECT 1', values: [] } as unknown as string
  expect(spanOf({ system: 'postgresql', statement, collection: 'orders' }).name).toBe('orders')
  expect(said.mock.calls).toEqual([
    [expect.stringMatching(/^spanwright: withDbSpan could not read a statement, its span is made without it: .+\n$/)],
  ])
  said.mockRestore()
})

test('the statement is shown as it is only when the attributes ask for it', () => {
  const statement = 'SELECT * FROM orders WHERE id = 17'
  const span = spanOf({ system: 'postgresql', statement, attributes: { 'db.query.text': statement } })
  expect(span.attributes['db.query.text']).toBe(statement)
})

test('of the command of a key-value store only the operation is shown', () => {
  const span = spanOf({ system: 'redis', statement: 'SET session:ann secret' })
  expect(span.name).toBe('SET')
  expect(JSON.stringify(span.attributes)).not.toMatch(/ann|secret/)
})

test.each(['mongodb', 'elasticsearch', 'a system nobody knows'])(
  'a language we do not read is left out: %s',
  (system) => {
    const span = spanOf({ system, statement: '{ find: { password: secret } } SELECT secret FROM secret' })
    expect(span.attributes).toEqual({ 'db.system.name': system })
  },
)

test.each([
  ['SQLSTATE', { code: '23505' }, '23505'],
  ['the number of MySQL', { code: 'ER_DUP_ENTRY', errno: 1062 }, '1062'],
  ['no answer', { code: 'EPIPE', errno: -32 }, undefined],
  ['a lost connection', { code: 'ECONNREFUSED', errno: -111 }, undefined],
])('the status of the database is on a span that failed: %s', async (_name, properties, status) => {
  const tracing = new TestTracing()
  const error = Object.assign(new Error('failed'), properties)
  await expect(withDbSpan({ system: 'mysql' }, () => Promise.reject(error))).rejects.toBe(error)
  const { attributes } = tracing.named('mysql')
  expect(attributes['db.response.status_code']).toBe(status)
  expect(attributes['error.type']).toBe(properties.code)
})
