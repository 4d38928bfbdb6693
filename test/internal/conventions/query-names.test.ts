import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { queryBy, written } from './spans.js'

/** As the instrumentations take the first word of a statement: up to a blank. */
const firstWord = (statement: string): string => statement.trim().split(' ')[0] ?? ''

const DRIVERS = {
  pg: queryBy('pg', 'postgresql', (statement) => `pg.query:${firstWord(statement).toUpperCase()} shop`),
  mysql: queryBy('mysql', 'mysql', firstWord),
  mysql2: queryBy('mysql2', 'mysql', firstWord),
  tedious: queryBy('tedious', 'microsoft.sql_server', () => 'execSql shop'),
  knex: queryBy('knex', 'postgresql', () => 'raw undefined'),
}

const STATEMENTS: readonly (readonly [string, string])[] = [
  ["SELECT\n*\nFROM users\nWHERE email='alice@example.com'", 'SELECT users'],
  ["SELECT\t*\tFROM\tusers WHERE email='alice@example.com'", 'SELECT users'],
  ['/*alice@example.com*/SELECT * FROM users', 'SELECT users'],
  ['-- alice@example.com\nUPDATE users SET a=1', 'UPDATE users'],
  ["(SELECT 'alice@example.com')UNION(SELECT name FROM users)", 'SELECT SELECT users'],
  ["INSERT\nINTO users VALUES('alice@example.com')", 'INSERT users'],
  ["'alice@example.com'", 'SYSTEM'],
  ['delete from users;', 'delete users'],
  ['', 'SYSTEM'],
]

describe.each(Object.entries(DRIVERS))('spans of queries by %s', (_driver, query) => {
  test.each(STATEMENTS)('are named without values: %j', (statement, expected) => {
    const { name, attributes } = query(statement)
    expect(name).not.toContain('alice')
    expect(name).not.toMatch(/\s{2}|[\n\t]/)
    if (statement === '') return
    expect(name).toBe(expected === 'SYSTEM' ? attributes['db.system.name'] : expected)
    if (expected !== 'SYSTEM') expect(attributes['db.query.summary']).toBe(expected)
  })
})

test('a sampler, and who sees spans start, are shown no values, either', () => {
  const names: string[] = []
  written('pg', { name: "pg.query:SELECT\n'alice@example.com' shop" }, (span) =>
    names.push((span as unknown as { name: string }).name),
  )
  written('pg', { name: 'pg.query:/*alice@example.com*/ shop' }, (span) =>
    names.push((span as unknown as { name: string }).name),
  )
  written(
    'mysql2',
    { name: "SELECT\n'alice@example.com'", attributes: { 'db.query.text': "SELECT\n'alice@example.com'" } },
    (span) => names.push((span as unknown as { name: string }).name),
  )
  expect(names).toEqual(['SELECT', 'other_sql', 'SELECT'])
})

test('a span that is about a connection keeps its name, and one that the app has named', () => {
  expect(written('pg', { name: 'pg.connect' }).name).toBe('pg.connect')
  const named = written('pg', { name: 'pg.query:SELECT' }, (span) => {
    span.setAttribute('db.query.text', 'SELECT 1').updateName('users by email')
  })
  expect(named.name).toBe('users by email')
})

test('knex is about the call that its driver makes, so its span is no second call', () => {
  expect(written('knex', { name: 'select users', kind: SpanKind.CLIENT }).kind).toBe(SpanKind.INTERNAL)
})

test('a failed query says by which code', () => {
  const { attributes, events } = written('pg', { name: 'pg.query:SELECT' }, (span) => {
    span.recordException("PostgreSQL error of type 'error' occurred (code: 42P01)")
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'relation "nope" does not exist' })
  })
  expect(attributes).toMatchObject({ 'error.type': '42P01', 'db.response.status_code': '42P01' })
  expect(events[0]?.attributes).toMatchObject({ 'exception.type': 'error' })
  const refused = written('pg', { name: 'pg.connect' }, (span) => {
    span.recordException("PostgreSQL error of type 'Error' occurred (code: ECONNREFUSED)")
    span.setStatus({ code: SpanStatusCode.ERROR })
  })
  expect(refused.attributes).toEqual({ 'error.type': 'ECONNREFUSED' })
})
