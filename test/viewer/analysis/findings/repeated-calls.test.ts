import { describe, expect, it } from 'vitest'
import type { PlannedSpan } from '../trace-of.js'
import { found, get, idsIn, query, request, times } from './found.js'

const item = (n: number): PlannedSpan => query('SELECT name FROM product WHERE sku = $1', [10 + 2 * n, 11 + 2 * n])

describe('n+1', () => {
  it('is one statement five times and more within one request, one after another', () => {
    const [finding, ...others] = found(
      'n+1',
      request('GET /orders', 100, [query('SELECT * FROM orders', [1, 5]), ...times(24, item)]),
    )
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      level: 'warning',
      confidence: 'likely',
      count: 24,
      durationMicros: 24_000,
      service: 'shop',
      sentence: '`GET /orders` runs `select name from product where sku = ?` 24 times, one after another (24 ms).',
    })
    expect(finding?.spanIds).toHaveLength(20)
    expect(finding?.pathShare).toBeCloseTo(0.24, 2)
  })

  it('is an info where it is neither many, nor long, nor much of the request', () => {
    expect(found('n+1', request('GET /orders', 100, times(5, item)))).toMatchObject([{ level: 'info', count: 5 }])
    expect(found('n+1', request('GET /orders', 20, times(5, item)))).toMatchObject([{ level: 'warning' }])
  })

  it('sees through values in the text, lists of different lengths, comments and white space', () => {
    const texts = [
      "SELECT name FROM product WHERE sku = 'a1' AND id IN (1)",
      "select name from product where sku = 'b' and id in (1, 2)",
      "SELECT name\n  FROM product -- by sku\n  WHERE sku = 'c' AND id IN (4,5,6)",
      'SELECT name FROM product WHERE sku = $1 AND id IN ($2, $3)',
      "/* trace=1 */ SELECT name FROM product WHERE sku = 'd' AND id IN (7);",
    ]
    expect(
      found(
        'n+1',
        request(
          'GET /orders',
          100,
          times(5, (n) => query(texts[n] ?? '', [n, n + 1])),
        ),
      ),
    ).toHaveLength(1)
  })

  it('is found where each query is in a span of its own, and where other calls are between', () => {
    const wrapped = times(6, (n) => ['load product', { at: [10 * n, 10 * n + 6], children: [item(n)] }])
    expect(found('n+1', request('GET /orders', 100, wrapped))).toMatchObject([{ count: 6 }])
    const mixed = times(6, item).flatMap((each, n) => [
      each,
      get(`http://b/${'x'.repeat(n)}`, [11 + 2 * n, 12 + 2 * n]),
    ])
    expect(found('n+1', request('GET /orders', 100, mixed))).toMatchObject([{ count: 6 }])
  })

  it('is one finding for statements that take turns in a loop', () => {
    const loop = times(6, (n) => query('SELECT price FROM price WHERE sku = $1', [11 + 2 * n, 12 + 2 * n]))
    const [finding, ...others] = found('n+1', request('GET /orders', 100, [...times(6, item), ...loop]))
    expect(others).toEqual([])
    expect(finding?.sentence).toContain('`select name from product where sku = ?` and 1 more 6 times')
  })

  it('is the outer span alone where a driver has a span within that of an ORM', () => {
    const both = times(6, (n): PlannedSpan =>
      query('SELECT name FROM product WHERE sku = $1', [10 * n, 10 * n + 5], { children: [item(n)] }),
    )
    expect(found('n+1', request('GET /orders', 100, both))).toMatchObject([{ count: 6 }])
  })

  it('is found in MongoDB, whose operations have no statements', () => {
    const find = (n: number): PlannedSpan => [
      'mongodb.find',
      {
        at: [n, n + 1],
        kind: 'client',
        attributes: {
          'db.system': 'mongodb',
          'db.operation': 'find',
          'db.mongodb.collection': 'items',
          'db.statement': `{"_id":"${n}"}`,
        },
      },
    ]
    expect(found('n+1', request('GET /orders', 100, times(6, find)))).toMatchObject([{ count: 6 }])
  })

  it('is found below resolvers and jobs that have a number in their name, and in DynamoDB', () => {
    const resolvers = times(6, (n): PlannedSpan => [
      `graphql.resolve items.${n}.product`,
      { at: [10 * n, 10 * n + 6], children: [item(n)] },
    ])
    expect(found('n+1', request('POST /graphql', 100, resolvers))).toMatchObject([{ count: 6 }])
    const gets = (table: (n: number) => string): PlannedSpan[] =>
      times(6, (n) => [
        'DynamoDB.GetItem',
        {
          at: [n, n + 1],
          kind: 'client',
          attributes: {
            'db.system': 'dynamodb',
            'aws.dynamodb.table_names': [table(n)],
            'db.statement': `{"Key":{"id":"${n}"}}`,
          },
        },
      ])
    expect(
      found(
        'n+1',
        request(
          'GET',
          100,
          gets(() => 'orders'),
        ),
      ),
    ).toMatchObject([{ count: 6 }])
    expect(
      found(
        'n+1',
        request(
          'GET',
          100,
          gets((n) => `table-${n}`),
        ),
      ),
    ).toEqual([])
  })

  it('is silent about a connection or a job that asks again every few seconds, or at equal intervals', () => {
    const seldom = times(20, (n) =>
      query('SELECT a FROM jobs WHERE b = $1', [n * 5_000 + (n % 3) * 700, n * 5_000 + (n % 3) * 700 + 2]),
    )
    expect(found('n+1', request('worker', 200_000, seldom))).toEqual([])
    const often = times(20, (n) => query('SELECT a FROM jobs WHERE b = $1', [n * 100, n * 100 + 2]))
    expect(found('n+1', request('worker', 2_000, often))).toEqual([])
    const settings = times(3, (n) =>
      query('SELECT * FROM settings', [n * 60_000 + (n % 2) * 9_000, n * 60_000 + (n % 2) * 9_000 + 1]),
    )
    expect(found('duplicate', request('worker', 200_000, settings))).toEqual([])
  })

  it("is found by Zipkin's tag for statements, by which alike names are told apart", () => {
    const tagged = (text: (n: number) => string): PlannedSpan[] =>
      times(6, (n) => ['select', { at: [n, n + 1], kind: 'client', attributes: { 'sql.query': text(n) } }])
    expect(
      found(
        'n+1',
        request(
          'GET',
          100,
          tagged((n) => `select a from b where c = ${n}`),
        ),
      ),
    ).toMatchObject([{ count: 6 }])
    expect(
      found(
        'n+1',
        request(
          'GET',
          100,
          tagged((n) => `select a from b${n} where c = 1`),
        ),
      ),
    ).toEqual([])
  })

  it('names the place in the source where a span tells it', () => {
    const located = times(5, (n) =>
      query('SELECT 2 FROM a WHERE b = $1', [n, n + 1], {
        attributes: { 'code.file.path': '/app/orders.js', 'code.line.number': 41, 'code.function.name': 'load' },
      }),
    )
    expect(found('n+1', request('GET', 100, located))).toMatchObject([
      { code: { path: '/app/orders.js', line: 41, function: 'load' } },
    ])
  })

  it('is silent about four of them, two requests, transactions, connections, Redis, messages and migrations', () => {
    expect(found('n+1', request('GET', 100, times(4, item)))).toEqual([])
    const two = times(2, (n) => [
      'GET /item',
      {
        at: [n * 40, n * 40 + 30],
        kind: 'server' as const,
        children: times(3, (m) => query('SELECT a FROM b WHERE c = $1', [n * 40 + m, n * 40 + m + 1])),
      },
    ])
    expect(found('n+1', request('GET', 100, two))).toEqual([])
    for (const text of ['BEGIN', 'COMMIT', 'SET TIME ZONE $1', 'SELECT 1', 'ROLLBACK']) {
      expect(
        found(
          'n+1',
          request(
            'GET',
            100,
            times(8, (n) => query(text, [n, n + 1])),
          ),
        ),
      ).toEqual([])
    }
    const connecting = times(8, (n): PlannedSpan => [
      'pg-pool.connect',
      { at: [n, n + 1], kind: 'client', attributes: { 'db.system': 'postgresql' } },
    ])
    expect(found('n+1', request('GET', 100, connecting))).toEqual([])
    const redis = times(8, (n): PlannedSpan => [
      'get',
      { at: [n, n + 1], kind: 'client', attributes: { 'db.system': 'redis', 'db.statement': `GET user:${n}` } },
    ])
    expect(found('n+1', request('GET', 100, redis))).toEqual([])
    const messages = times(8, (n) =>
      query('SELECT a FROM b WHERE c = $1', [n, n + 1], { links: [{ traceId: 'a', spanId: 'b', attributes: {} }] }),
    )
    expect(found('n+1', request('GET', 100, messages))).toEqual([])
    const migration = [query('CREATE TABLE a (b int)', [0, 1]), ...times(8, item)]
    expect(found('n+1', request('migrate', 100, migration))).toEqual([])
  })
})

describe('fan-out', () => {
  const atOnce = times(6, (n) => query('SELECT name FROM product WHERE sku = $1', [10, 15 + n]))

  it('is the same at once', () => {
    expect(found('fan-out', request('GET /orders', 100, atOnce))).toMatchObject([{ count: 6, confidence: 'likely' }])
    expect(found('n+1', request('GET /orders', 100, atOnce))).toEqual([])
  })

  it('is silent about calls whose times overlap only because their clock counts whole milliseconds', () => {
    const coarse = times(6, (n) => query('SELECT name FROM product WHERE sku = $1', [10 + 2 * n, 12.4 + 2 * n]))
    expect(found('fan-out', request('GET /orders', 100, coarse))).toEqual([])
    expect(found('n+1', request('GET /orders', 100, coarse))).toHaveLength(1)
  })

  it('is silent about four', () => {
    expect(found('fan-out', request('GET /orders', 100, atOnce.slice(0, 4)))).toEqual([])
  })
})

describe('n+1-write', () => {
  const insert = (n: number): PlannedSpan => query('INSERT INTO item (a, b) VALUES ($1, $2)', [10 + n, 10.5 + n])

  it('is rows that are written one by one', () => {
    expect(found('n+1-write', request('POST /orders', 100, times(40, insert)))).toMatchObject([
      { count: 40, level: 'warning' },
    ])
  })

  it('is silent about one statement with many rows, about COPY, and about few', () => {
    const batch = query(`INSERT INTO item (a) VALUES ${Array.from({ length: 40 }, () => '(?)').join(', ')}`, [0, 9])
    expect(found('n+1-write', request('POST', 100, [batch]))).toEqual([])
    expect(
      found(
        'n+1-write',
        request(
          'POST',
          100,
          times(9, (n) => query('COPY item FROM STDIN', [n, n + 1])),
        ),
      ),
    ).toEqual([])
    expect(found('n+1-write', request('POST', 100, times(4, insert)))).toEqual([])
  })
})

describe('n+1-http', () => {
  const price = (n: number): PlannedSpan => get(`http://catalogue:3001/price/${1_000 + n}`, [10 + 3 * n, 12 + 3 * n])

  it('is one request for each item, whatever the ids in its path are', () => {
    expect(found('n+1-http', request('GET /cart', 100, times(12, price)))).toMatchObject([
      {
        count: 12,
        level: 'warning',
        sentence: '`GET /cart` calls `GET catalogue:3001/price/{}` 12 times, one after another (24 ms).',
      },
    ])
    const byUuid = times(5, (n) => get(`http://a/item/0000000${n}-1111-4222-8333-444444444444`, [n, n + 1]))
    expect(found('n+1-http', request('GET /cart', 100, byUuid))).toMatchObject([{ count: 5, level: 'info' }])
    const rpc = times(5, (n): PlannedSpan => [
      'grpc.Catalogue/GetPrice',
      {
        at: [n, n + 1],
        kind: 'client',
        attributes: { 'rpc.system': 'grpc', 'rpc.service': 'Catalogue', 'rpc.method': 'GetPrice' },
      },
    ])
    expect(found('n+1-http', request('GET /cart', 100, rpc))).toHaveLength(1)
  })

  it('is silent about four, about polling, retries and the parts of an upload', () => {
    expect(found('n+1-http', request('GET', 100, times(4, price)))).toEqual([])
    const polling = times(6, (n) => get('http://jobs/state', [n * 50, n * 50 + 2]))
    expect(found('n+1-http', request('GET', 400, polling))).toEqual([])
    const retries = times(6, (n) =>
      get('http://a/x', [n * 2, n * 2 + 1], { status: 'error', attributes: { 'http.response.status_code': 503 } }),
    )
    expect(idsIn(request('GET', 100, retries))).toEqual(expect.arrayContaining(['retries']))
    expect(found('n+1-http', request('GET', 100, retries))).toEqual([])
    const parts = times(6, (n): PlannedSpan => [
      'PUT',
      {
        at: [n * 3, n * 3 + 2 - n / 10],
        kind: 'client',
        attributes: { 'http.request.method': 'PUT', 'url.full': `http://s3/file?partNumber=${n}` },
      },
    ])
    expect(found('n+1-http', request('POST', 100, parts))).toEqual([])
  })
})

describe('retries', () => {
  const attempt = (n: number, status: number): PlannedSpan =>
    get('http://pay/charge', [n * 500, n * 500 + 20], {
      status: status >= 400 ? 'error' : 'unset',
      attributes: { 'http.response.status_code': status },
    })

  it('counts attempts, failures and the waiting between', () => {
    expect(found('retries', request('POST', 1_100, [attempt(0, 503), attempt(1, 503), attempt(2, 200)]))).toMatchObject(
      [
        {
          count: 3,
          level: 'warning',
          confidence: 'certain',
          sentence: '`GET pay/charge`: 3 attempts, 2 failed (503), 960 ms of waiting between them.',
        },
      ],
    )
  })

  it('is silent where the first did not fail, where the failure is no reason to try again, and for other urls', () => {
    expect(found('retries', request('POST', 1_100, [attempt(0, 200), attempt(1, 503)]))).toEqual([])
    expect(found('retries', request('POST', 1_100, [attempt(0, 404), attempt(1, 200)]))).toEqual([])
    const others = times(3, (n) =>
      get(`http://pay/charge/${n}`, [n * 10, n * 10 + 5], {
        status: 'error',
        attributes: { 'http.response.status_code': 503 },
      }),
    )
    expect(found('retries', request('POST', 1_100, others))).toEqual([])
  })
})

describe('duplicate', () => {
  const asked = (value: string, at: [number, number]): PlannedSpan =>
    query('SELECT * FROM users WHERE id = $1', at, { attributes: { 'db.query.parameter.0': value } })

  it('is the same question with values that were seen to be the same', () => {
    expect(
      found('duplicate', request('GET', 100, [asked('7', [1, 2]), asked('7', [5, 6]), asked('8', [7, 8])])),
    ).toMatchObject([{ count: 2, confidence: 'certain', level: 'info' }])
    expect(
      found(
        'duplicate',
        request(
          'GET',
          100,
          times(6, (n) => query('SELECT * FROM settings', [n, n + 1])),
        ),
      ),
    ).toMatchObject([{ count: 6, level: 'warning' }])
    expect(
      found(
        'n+1',
        request(
          'GET',
          100,
          times(6, (n) => query('SELECT * FROM settings', [n, n + 1])),
        ),
      ),
    ).toEqual([])
    expect(
      found(
        'duplicate',
        request(
          'GET',
          100,
          times(2, (n) => get('http://a/me?full=1', [n, n + 1])),
        ),
      ),
    ).toHaveLength(1)
  })

  it('claims nothing where the values were not recorded or masked', () => {
    expect(
      found(
        'duplicate',
        request(
          'GET',
          100,
          times(3, (n) => query('SELECT * FROM users WHERE id = $1', [n, n + 1])),
        ),
      ),
    ).toEqual([])
    expect(
      found(
        'duplicate',
        request(
          'GET',
          100,
          times(3, (n) => query('SELECT * FROM users WHERE id = ?', [n, n + 1])),
        ),
      ),
    ).toEqual([])
    expect(
      found(
        'duplicate',
        request(
          'GET',
          100,
          times(2, (n) => get('http://a/me?token=REDACTED', [n, n + 1])),
        ),
      ),
    ).toEqual([])
  })

  it('is silent about other values, other requests, what changes by itself, a write between, and a first try that failed', () => {
    expect(found('duplicate', request('GET', 100, [asked('7', [1, 2]), asked('8', [5, 6])]))).toEqual([])
    const server = (n: number): PlannedSpan => [
      'GET /b',
      {
        at: [n * 10, n * 10 + 9],
        kind: 'server',
        service: 'b',
        children: [query('SELECT * FROM settings', [n * 10, n * 10 + 1])],
      },
    ]
    expect(found('duplicate', request('GET', 100, times(2, server)))).toEqual([])
    expect(
      found(
        'duplicate',
        request(
          'GET',
          100,
          times(2, (n) => query("SELECT nextval('ids')", [n, n + 1])),
        ),
      ),
    ).toEqual([])
    const written = [
      query('SELECT * FROM settings', [1, 2]),
      query('UPDATE settings SET a = 1', [3, 4]),
      query('SELECT * FROM settings', [5, 6]),
    ]
    expect(found('duplicate', request('GET', 100, written))).toEqual([])
    const failed = [get('http://a/me', [1, 2], { status: 'error' }), get('http://a/me', [3, 4])]
    expect(found('duplicate', request('GET', 100, failed))).toEqual([])
  })
})

describe('sequential', () => {
  const three = [get('http://a/user', [10, 110]), get('http://b/cart', [111, 251]), get('http://c/offers', [252, 322])]

  it('is calls that only read, one right after the other, and says that it cannot know whether they depend', () => {
    const [finding] = found('sequential', request('GET /home', 330, three))
    expect(finding).toMatchObject({ level: 'warning', confidence: 'guess', count: 3, savedMicros: 170_000 })
    expect(finding?.sentence).toContain(
      "take 310 ms; at once they would take 140 ms, if none needs another's result: a trace cannot show that",
    )
  })

  it('takes the port of a host for no value that one call has from another', () => {
    const local = [get('http://127.0.0.1:35605/user', [10, 110]), get('http://127.0.0.1:35605/cart', [111, 251])]
    expect(found('sequential', request('GET /home', 260, local))).toMatchObject([{ level: 'info', count: 2 }])
  })

  it('is silent where little would be saved, after a write, in a transaction, with pauses and at once', () => {
    expect(
      found('sequential', request('GET', 330, [get('http://a/user', [10, 30]), get('http://b/cart', [31, 60])])),
    ).toEqual([])
    expect(found('sequential', request('GET', 3_000, three))).toEqual([])
    const post: PlannedSpan = [
      'POST',
      { at: [1, 9], kind: 'client', attributes: { 'http.request.method': 'POST', 'url.full': 'http://a/x' } },
    ]
    expect(found('sequential', request('GET', 330, [post, ...three]))).toEqual([])
    const inTransaction = [
      query('BEGIN', [1, 2]),
      query('SELECT * FROM a', [3, 150]),
      query('SELECT * FROM b', [151, 320]),
      query('COMMIT', [321, 322]),
    ]
    expect(found('sequential', request('GET', 330, inTransaction))).toEqual([])
    expect(
      found('sequential', request('GET', 400, [get('http://a/user', [10, 110]), get('http://b/cart', [200, 340])])),
    ).toEqual([])
    expect(
      found('sequential', request('GET', 330, [get('http://a/user', [10, 110]), get('http://b/cart', [10, 251])])),
    ).toEqual([])
  })

  it('is silent where a later call has a value that only an earlier one named, and below GraphQL', () => {
    const dependent = [get('http://a/session/tok-4711', [10, 160]), get('http://b/cart?session=tok-4711', [161, 320])]
    expect(found('sequential', request('GET', 330, dependent))).toEqual([])
    const known = request('GET', 330, dependent, { attributes: { 'url.path': '/home/tok-4711' } })
    expect(found('sequential', known)).toHaveLength(1)
    expect(
      found('sequential', request('POST /graphql', 330, three, { attributes: { 'graphql.operation.type': 'query' } })),
    ).toEqual([])
  })
})

describe('chatty', () => {
  const call = (n: number): PlannedSpan => [
    'GET',
    {
      at: [n * 5, n * 5 + 4],
      kind: 'client',
      attributes: { 'http.request.method': 'GET', 'url.full': `http://catalogue/${'abcdefghijklmn'[n]}` },
      children: [['GET', { at: [n * 5 + 1, n * 5 + 3], kind: 'server', service: 'catalogue' }]],
    },
  ]

  it('is ten calls and more of different kinds from one request to one service', () => {
    expect(found('chatty', request('GET /home', 80, times(14, call)))).toMatchObject([{ count: 14, level: 'warning' }])
  })

  it('is silent about nine, about a small part of the request, and about what n+1-http says', () => {
    expect(found('chatty', request('GET', 80, times(9, call)))).toEqual([])
    expect(found('chatty', request('GET', 800, times(14, call)))).toEqual([])
    const alike = times(14, (n): PlannedSpan => {
      const [name, plan] = call(n)
      return [name, { ...plan, attributes: { ...plan.attributes, 'url.full': `http://catalogue/price/${n}` } }]
    })
    expect(found('chatty', request('GET', 80, alike))).toEqual([])
    expect(found('n+1-http', request('GET', 80, alike))).toHaveLength(1)
  })
})
