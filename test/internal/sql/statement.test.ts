import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readStatement } from '../../../src/internal/sql/statement.js'

test.each([
  ['numbers', 'SELECT 1, 2.5, .5, 1e9, 0x1F, -3 FROM t', 'SELECT ?, ?, ?, ?, ?, -? FROM t'],
  ['strings', "SELECT 'a', '' FROM t", 'SELECT ?, ? FROM t'],
  ['doubled quotes', "SELECT 'it''s secret' FROM t", 'SELECT ? FROM t'],
  ['strings with prefixes', "SELECT E'a\\nb', x'1F', N'n', b'01', U&'u' FROM t", 'SELECT ?, ?, ?, ?, ? FROM t'],
  ['dollar quotes', 'SELECT $$it is $ secret$$, $tag$a $$ b$tag$ FROM t', 'SELECT ?, ? FROM t'],
  ['truth values and dates', "SELECT TRUE, DATE '2020-01-01' FROM t", 'SELECT ?, DATE ? FROM t'],
  ['comments', 'SELECT a -- secret\n/* more /* nested */ secrets */ FROM t', 'SELECT a FROM t'],
  ['lists', "SELECT a FROM t WHERE b IN (1, 2, 3) AND c IN ('x')", 'SELECT a FROM t WHERE b IN (?) AND c IN (?)'],
  ['an unclosed string', "SELECT a FROM t WHERE b = 'secret", 'SELECT a FROM t WHERE b = ?'],
  ['an unclosed identifier', 'SELECT a FROM t WHERE b = "secret', 'SELECT a FROM t WHERE b = ?'],
  ['an unclosed comment', 'SELECT a FROM t /* secret', 'SELECT a FROM t'],
  ['an unclosed dollar quote', 'SELECT a FROM t WHERE b = $$secret', 'SELECT a FROM t WHERE b = ?'],
  ['white space', 'SELECT  a\n\n  FROM\tt', 'SELECT a FROM t'],
])('values do not stay in the text: %s', (_name, statement, text) => {
  expect(readStatement(statement, 'postgresql').text).toBe(text)
})

test.each([
  ['positions', 'SELECT a FROM t WHERE b = $1 AND c = ?'],
  ['names', 'SELECT a FROM t WHERE b = :name AND c = @name AND d = %s'],
  ['casts', 'SELECT a::date FROM t'],
  ['identifiers', 'SELECT "Order Id", t2.x1 FROM public."t 2" AS t2'],
  ['other alphabets', 'SELECT straße FROM größe'],
])('parameters and identifiers stay as they are: %s', (_name, statement) => {
  expect(readStatement(statement, 'postgresql').text).toBe(statement)
})

test.each([
  ['mysql', "SELECT 'it\\'s secret', 'secret' FROM t", 'SELECT ?'],
  ['postgresql', "SELECT 'C:\\', 'secret' FROM t", 'SELECT ?'],
  ['postgresql', "SELECT 'C:\\\\', a FROM t", 'SELECT ?, a FROM t'],
])('after a backslash that ends a string in some dialects only, all is a value: %s %s', (system, statement, text) => {
  expect(readStatement(statement, system).text).toBe(text)
})

test.each([
  ['mysql', 'SELECT "secret", `a` FROM t # secret\nWHERE b = 1', 'SELECT ?, `a` FROM t WHERE b = ?'],
  ['sqlite', 'SELECT "secret" FROM t', 'SELECT ? FROM t'],
  ['other_sql', 'SELECT "secret" FROM t', 'SELECT ? FROM t'],
  ['microsoft.sql_server', 'SELECT [Order 2] FROM [dbo].[t 1]', 'SELECT [Order 2] FROM [dbo].[t 1]'],
  ['oracle.db', "SELECT q'[it's secret]', nq'!it's!' FROM t", 'SELECT ?, ? FROM t'],
  ['postgresql', "SELECT a #> '{secret}' FROM t", 'SELECT a #> ? FROM t'],
])('dialects differ: %s %s', (system, statement, text) => {
  expect(readStatement(statement, system).text).toBe(text)
})

test('no string or number gets through, whatever is in it and around it', () => {
  const quotings: ((value: string) => string)[] = [
    (value) => `'${value.replaceAll("'", "''")}'`,
    (value) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
    (value) => `$q$${value.replaceAll('$', '')}$q$`,
    (value) => `/* ${value.replaceAll('*', '').replaceAll('/', '')} */`,
    (value) => `-- ${value.replaceAll(/[\n\r]/g, '')}\n`,
  ]
  const part = fc.tuple(
    fc.constantFrom(...quotings),
    fc.string({ unit: 'grapheme-ascii' }),
    fc.string({ unit: 'grapheme-ascii' }),
  )
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const values = parts.map(([quote, before, after]) => quote(`${before}SECRET${after}`))
      const { text, summary } = readStatement(`SELECT a FROM t WHERE ${values.join(' , ')} AND b = 4711`, 'postgresql')
      expect(`${text} ${summary}`).not.toMatch(/SECRET|4711/)
    }),
    { numRuns: 500 },
  )
})

test('a text that is cut off shows nothing of a value that it ends in', () => {
  const text = readStatement(`SELECT a FROM t WHERE b = '${'secret '.repeat(5_000)}'`, 'postgresql').text
  expect(text).toBe('SELECT a FROM t WHERE b = ?')
})

test.each([
  ['SELECT * FROM wuser_table WHERE username = ?', 'SELECT wuser_table'],
  ['INSERT INTO shipping_details (order_id) SELECT order_id FROM orders', 'INSERT shipping_details SELECT orders'],
  ['SELECT * FROM songs, artists WHERE songs.artist_id = artists.id', 'SELECT songs artists'],
  [
    'SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)',
    'SELECT SELECT orders customers',
  ],
  ['SELECT * FROM "song list" s LEFT JOIN public.artists AS a ON true', 'SELECT "song list" public.artists'],
  ['select a, b from t order by a, b', 'select t'],
  ['UPDATE ONLY orders SET a = 1 FROM customers', 'UPDATE orders customers'],
  ['DELETE FROM orders WHERE id = 1', 'DELETE orders'],
  ['INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1', 'INSERT orders'],
  ['SELECT a FROM orders FOR UPDATE', 'SELECT orders'],
  ['WITH recent AS (SELECT * FROM orders) DELETE FROM carts', 'SELECT orders DELETE carts'],
  ['SELECT extract(year FROM created_at) FROM orders', 'SELECT orders'],
  ['SELECT a IS DISTINCT FROM b FROM orders', 'SELECT orders'],
  ['SELECT * FROM generate_series(1, 3)', 'SELECT'],
  ['CREATE UNIQUE INDEX IF NOT EXISTS idx ON orders (id)', 'CREATE INDEX idx'],
  ['DROP TABLE IF EXISTS orders', 'DROP TABLE orders'],
  ['TRUNCATE TABLE orders', 'TRUNCATE orders'],
  ['CALL charge(1)', 'CALL charge'],
  ['MERGE INTO stock USING orders ON true WHEN MATCHED THEN UPDATE SET a = 1', 'MERGE stock'],
  ['EXPLAIN ANALYZE DELETE FROM orders', 'EXPLAIN DELETE orders'],
  ['SELECT straße FROM größen', 'SELECT größen'],
  ['BEGIN', 'BEGIN'],
  ['  ', undefined],
])('the summary has operations and what they are on: %s', (statement, summary) => {
  expect(readStatement(statement, 'postgresql').summary).toBe(summary)
})

test('the operation is recorded where there is just one', () => {
  expect(readStatement('SELECT a FROM t', 'mysql').operation).toBe('SELECT')
  expect(readStatement('INSERT INTO t SELECT a FROM s', 'mysql').operation).toBeUndefined()
})

test('a summary ends with a whole name, at 255 characters', () => {
  const tables = Array.from({ length: 100 }, (_, index) => `table_${index}`)
  const { summary = '' } = readStatement(`SELECT * FROM ${tables.join(', ')}`, 'postgresql')
  expect(summary.length).toBeLessThanOrEqual(255)
  expect(tables).toContain(summary.split(' ').at(-1))
})
