import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type HrTime,
} from '@opentelemetry/api'
import type { Attributes, Span, Tracer } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { TracePiece } from '../../src/console/trace-piece.js'
import { waterfall } from '../../src/console/drawing/waterfall.js'
import { recordErrorOn } from '../../src/spans/record-error.js'

const PLAIN = { columns: 100, colours: false }
const REMOTE = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: TraceFlags.SAMPLED,
}
const QUERY = { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT *\n  FROM products WHERE id = $1' }

/** Draws spans of a service called `shop`; times are milliseconds after 2026-01-01T00:00:00Z. */
class Traced {
  readonly #memory = new InMemorySpanExporter()
  readonly #tracers = new Map<string, Tracer>()

  start(name: string, startMillis: number, given: Given = {}): Span {
    const { parent, attributes = {}, kind = SpanKind.INTERNAL, service = 'shop' } = given
    const context = parent === undefined ? ROOT_CONTEXT : contextOf(parent)
    return this.#tracer(service).startSpan(name, { attributes, kind, startTime: at(startMillis) }, context)
  }

  span(name: string, [startMillis, endMillis]: [number, number], given: Given = {}): Span {
    const span = this.start(name, startMillis, given)
    if (given.error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: given.error })
    span.end(at(endMillis))
    return span
  }

  ended(): ReadableSpan[] {
    return this.#memory.getFinishedSpans()
  }

  lines(style: { columns?: number; colours?: boolean } = {}, piece: Partial<TracePiece> = {}): string[] {
    return waterfall({ spans: this.ended(), ...piece }, { ...PLAIN, ...style })
  }

  #tracer(service: string): Tracer {
    const known = this.#tracers.get(service)
    if (known) return known
    const resource = resourceFromAttributes({ 'service.name': service })
    const spanProcessors = [new SimpleSpanProcessor({ exporter: this.#memory })]
    const tracer = new TracerProvider({ resource, spanProcessors }).getTracer('test')
    this.#tracers.set(service, tracer)
    return tracer
  }
}

interface Given {
  parent?: Span | Context
  attributes?: Attributes
  kind?: SpanKind
  service?: string
  error?: string
}

function contextOf(parent: Span | Context): Context {
  return 'spanContext' in parent ? trace.setSpan(ROOT_CONTEXT, parent) : parent
}

function at(millis: number): HrTime {
  return [1_767_225_600 + Math.floor(millis / 1_000), Math.round((millis % 1_000) * 1_000_000)]
}

function lineWith(lines: readonly string[], text: string): string {
  const line = lines.find((each) => each.includes(text))
  if (line === undefined) throw new Error(`no line with ${text} in:\n${lines.join('\n')}`)
  return line
}

/** The columns of the line that the bar takes, counted from its last contiguous run of block characters. */
function barOf(line: string): { start: number; cells: number } {
  const match = /[█▒]+$/.exec(line)
  return { start: match?.index ?? -1, cells: match?.[0].length ?? 0 }
}

describe('header', () => {
  test('shows the whole trace id, duration, counts, service and start', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    traced.span('child', [1, 2], { parent: root, error: 'no' })
    root.end(at(1_240))
    const [header] = traced.lines({ columns: 120 })
    expect(header).toBe(`trace ${root.spanContext().traceId}  1.24 s  2 spans  1 error  shop  2026-01-01T00:00:00.000Z`)
  })

  test('goes on in a second line where it does not fit, the trace id unbroken', () => {
    const traced = new Traced()
    const root = traced.span('root', [0, 10])
    const lines = traced.lines({ columns: 56 })
    expect(lines[0]).toBe(`trace ${root.spanContext().traceId}  10 ms  1 span`)
    expect(lines[1]).toBe('shop  2026-01-01T00:00:00.000Z')
  })

  test('says that the trace is continued', () => {
    const traced = new Traced()
    traced.span('root', [0, 10])
    expect(traced.lines({}, { continued: true })[0]).toContain(' (continued)')
  })
})

describe('tree', () => {
  test('indents children beneath their parents in order of start, whatever the order they ended in', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    const first = traced.start('first', 1, { parent: root })
    traced.span('second', [3, 4], { parent: root })
    traced.span('inner', [2, 5], { parent: first })
    first.end(at(9))
    root.end(at(10))
    const names = traced.lines().slice(1, 5)
    expect(names.map((line) => line.replace(/\s{2,}.*/, ''))).toEqual(['root', '├ first', '│ └ inner', '└ second'])
  })

  test('hangs the local root beneath its remote parent', () => {
    const traced = new Traced()
    traced.span('root', [0, 1], { parent: trace.setSpanContext(ROOT_CONTEXT, { ...REMOTE, isRemote: true }) })
    const lines = traced.lines()
    expect(lines).toContain('remote parent 00f067aa0ba902b7')
    expect(lineWith(lines, 'root ')).toMatch(/^└ root/)
  })

  test('prints orphans beneath the parent that was never seen', () => {
    const traced = new Traced()
    traced.span('orphan', [0, 1], { parent: trace.setSpanContext(ROOT_CONTEXT, REMOTE) })
    expect(traced.lines()).toContain('parent 00f067aa0ba902b7')
    expect(lineWith(traced.lines(), 'orphan')).toMatch(/^└ orphan/)
  })

  test('names a parent that an earlier piece showed', () => {
    const traced = new Traced()
    traced.span('late', [0, 1], { parent: trace.setSpanContext(ROOT_CONTEXT, REMOTE) })
    const lines = traced.lines({}, { nameOf: (id) => (id === REMOTE.spanId ? 'GET /cart' : undefined) })
    expect(lines).toContain('GET /cart (00f067aa0ba902b7, above)')
  })

  test('prints each of two spans that claim to be the other’s parent', () => {
    const traced = new Traced()
    traced.span('egg', [0, 1])
    traced.span('hen', [0, 2])
    const [egg, hen] = traced.ended() as [ReadableSpan, ReadableSpan]
    const circle = [
      Object.create(egg, { parentSpanContext: { value: hen.spanContext() } }) as ReadableSpan,
      Object.create(hen, { parentSpanContext: { value: egg.spanContext() } }) as ReadableSpan,
    ]
    const lines = waterfall({ spans: circle }, PLAIN)
    expect(lines.filter((line) => /egg|hen/.test(line))).toHaveLength(2)
  })

  test('keeps names readable in a recursion of a thousand levels', () => {
    const traced = new Traced()
    const spans = [traced.start('recurse', 0)]
    for (const parent of spans) if (spans.length < 1_000) spans.push(traced.start('recurse', 0, { parent }))
    for (const span of spans.reverse()) span.end(at(5))
    const lines = traced.lines().filter((line) => line.includes('recurse '))
    expect(lines).toHaveLength(1_001)
    expect(lines[999]).toContain('└999 recurse')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  test('draws a span that is still open as open, with its children beneath it', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    traced.span('child', [2, 8], { parent: root })
    const lines = traced.lines({}, { open: [root as Span & ReadableSpan] })
    expect(lines[0]).toContain('1 span  1 still open')
    expect(lineWith(lines, 'root')).toMatch(/root\s+open █┄+/)
    expect(lineWith(lines, 'child')).toMatch(/^└ child/)
  })

  test('names the service where it changes, when there are several', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    const call = traced.start('call', 1, { parent: root })
    traced.span('handle', [2, 3], { parent: call, service: 'payments' })
    call.end(at(4))
    root.end(at(5))
    const lines = traced.lines()
    expect(lineWith(lines, 'root')).toContain('[shop]')
    expect(lineWith(lines, 'call')).not.toContain('[')
    expect(lineWith(lines, 'handle')).toContain('[payments]')
  })
})

describe('time', () => {
  test.each([
    [0.42, '420 µs'],
    [0.9996, '1.0 ms'],
    [2.84, '2.8 ms'],
    [9.96, '10 ms'],
    [34.2, '34 ms'],
    [999.7, '1.00 s'],
    [1_240, '1.24 s'],
    [12_340, '12.3 s'],
    [59_990, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [12_000_000, '3 h 20 min'],
  ])('shows %d ms as %s', (millis, text) => {
    const traced = new Traced()
    traced.span('work', [0, millis])
    expect(lineWith(traced.lines(), 'work')).toContain(` ${text} █`)
  })

  test('places bars on one time axis', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    traced.span('first half', [0, 50], { parent: root })
    traced.span('last tenth', [90, 100], { parent: root })
    root.end(at(100))
    const lines = traced.lines()
    const whole = barOf(lineWith(lines, 'root  '))
    const half = barOf(lineWith(lines, 'first half  '))
    const tenth = barOf(lineWith(lines, 'last tenth  '))
    expect(half.start).toBe(whole.start)
    expect(half.cells / whole.cells).toBeCloseTo(0.5, 1)
    expect((tenth.start - whole.start) / whole.cells).toBeCloseTo(0.9, 1)
    expect(tenth.start + tenth.cells).toBe(whole.start + whole.cells)
  })

  test('follows the longest child down and says where the time went', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    const slow = traced.start('slow', 10, { parent: root })
    traced.span('fast', [0, 9], { parent: root })
    traced.span('slowest', [15, 95], { parent: slow })
    slow.end(at(98))
    root.end(at(100))
    const lines = traced.lines()
    expect(lines.at(-1)).toBe('slowest path █ root 100 ms → slow 88 ms → slowest 80 ms (80 %)')
    expect(lineWith(lines, 'slowest  ')).toContain('█')
    expect(lineWith(lines, 'fast')).toContain('▒')
  })

  test('stops the slowest path where the span’s own work outweighs its children', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    const busy = traced.start('busy', 0, { parent: root })
    traced.span('short', [0, 10], { parent: busy })
    traced.span('short too', [10, 20], { parent: busy })
    busy.end(at(100))
    root.end(at(100))
    expect(traced.lines().at(-1)).toBe('slowest path █ root 100 ms → busy 100 ms (100 %)')
  })
})

describe('repeats', () => {
  function nPlusOne(count: number, given: (index: number) => Given = () => ({})): Traced {
    const traced = new Traced()
    const root = traced.start('GET /products', 0)
    for (let index = 0; index < count; index++) {
      const [start, end] = [10 * index, 10 * index + 3]
      traced.span('SELECT products', [start, end], { parent: root, attributes: QUERY, ...given(index) })
    }
    root.end(at(10 * count))
    return traced
  }

  test('folds equal siblings into one row with their number, total and slowest', () => {
    const lines = nPlusOne(12).lines()
    expect(lines.filter((line) => line.includes('SELECT products'))).toHaveLength(1)
    expect(lineWith(lines, 'SELECT products')).toContain('└ SELECT products ×12 … total 36 ms')
    expect(lines[0]).toContain('13 spans')
    expect(lines).toContain('    one after another, slowest 3.0 ms  postgresql  SELECT * FROM products WHERE id = $1')
  })

  test('leaves four equal siblings as they are', () => {
    const lines = nPlusOne(4).lines()
    expect(lines.filter((line) => line.includes('SELECT products'))).toHaveLength(4)
  })

  test('draws every one of the repeats in the bar', () => {
    const bar = lineWith(nPlusOne(6).lines(), '×6').replace(/.* ms /, '')
    expect(bar.split(/ +/)).toHaveLength(6)
  })

  test('never folds a sibling that failed', () => {
    const lines = nPlusOne(8, (index) => (index === 5 ? { error: 'deadlock detected' } : {})).lines()
    expect(lineWith(lines, '×')).toContain('SELECT products ×7')
    expect(lineWith(lines, '✗ SELECT products')).not.toContain('×')
    expect(lineWith(lines, '✗ deadlock detected')).toBeDefined()
  })

  test('never folds a sibling beneath which something failed', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    for (let index = 0; index < 6; index++) {
      const item = traced.start('item', index, { parent: root })
      traced.span('step', [index, index + 1], { parent: item, ...(index === 2 ? { error: 'broken' } : {}) })
      item.end(at(index + 1))
    }
    root.end(at(10))
    const lines = traced.lines()
    expect(lineWith(lines, 'item ×5')).toBeDefined()
    expect(lineWith(lines, 'step ×5')).toMatch(/^[│ ] └ step/)
    expect(lines.filter((line) => line.includes('✗ step'))).toHaveLength(1)
  })

  test('keeps siblings apart that all failed beneath', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    for (let index = 0; index < 6; index++) {
      const item = traced.start('item', index, { parent: root })
      traced.span('step', [index, index + 1], { parent: item, error: 'broken' })
      item.end(at(index + 1))
    }
    root.end(at(10))
    const lines = traced.lines()
    expect(lines.filter((line) => line.includes('item '))).toHaveLength(6)
    expect(lines.filter((line) => line.includes('✗ broken'))).toHaveLength(6)
  })

  test('keeps different queries of one name apart', () => {
    const lines = nPlusOne(12, (index) => ({
      attributes: { ...QUERY, 'db.query.text': index % 2 ? 'SELECT a FROM b' : 'SELECT c FROM d' },
    })).lines()
    expect(lines.filter((line) => line.includes('×6'))).toHaveLength(2)
  })

  test('folds queries that differ in their values only, and shows none of the values', () => {
    const lines = nPlusOne(6, (index) => ({
      attributes: { ...QUERY, 'db.query.text': `SELECT * FROM t WHERE id = ${1_000 + index} AND n = 'ann ${index}'` },
    })).lines()
    expect(lineWith(lines, '×6')).toBeDefined()
    expect(lineWith(lines, 'postgresql')).toContain('SELECT * FROM t WHERE id = ? AND n = ?')
  })

  test('tells repeats in parallel from those one after another', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    for (let index = 0; index < 5; index++) traced.span('fetch', [index, 50 + index], { parent: root })
    root.end(at(60))
    expect(lineWith(traced.lines(), 'in parallel, slowest 50 ms')).toBeDefined()
  })
})

describe('errors', () => {
  test('marks the span and prints the status message once, though the exception says the same', () => {
    const traced = new Traced()
    const root = traced.start('charge', 0)
    root.recordException(new TypeError('card refused'))
    root.setStatus({ code: SpanStatusCode.ERROR, message: 'card refused' })
    root.end(at(1))
    const lines = traced.lines()
    expect(lineWith(lines, '✗ charge')).toBeDefined()
    expect(lines.filter((line) => line.includes('card refused'))).toEqual(['  ✗ TypeError: card refused'])
  })

  test('names the causes of an error behind it', () => {
    const traced = new Traced()
    const root = traced.start('charge', 0)
    const refused = new Error('connect ECONNREFUSED')
    recordErrorOn(root, new Error('no charge', { cause: new TypeError('no connection', { cause: refused }) }))
    root.end(at(1))
    const shown = traced.lines().map((line) => line.trim())
    expect(shown.join(' ')).toContain(
      '✗ Error: no charge, caused by TypeError: no connection, caused by Error: connect ECONNREFUSED',
    )
  })

  test('shows the warnings and errors that were logged in a span, each once, and folds none of them', () => {
    const traced = new Traced()
    const root = traced.start('charge', 0)
    const log = (span: Span, severity: string, message: string): void => {
      span.addEvent('log', { 'log.severity': severity, 'log.message': message })
    }
    log(root, 'WARN', 'retrying\u001b[31m')
    log(root, 'ERROR', 'card refused')
    log(root, 'ERROR', 'no stock')
    root.addEvent('other', { 'log.message': 'not a log' })
    for (let i = 0; i < 6; i++) {
      const query = traced.start('query', 1, { parent: root })
      if (i === 3) log(query, 'WARN', 'slow query')
      query.end(at(2))
    }
    recordErrorOn(root, new Error('card refused'))
    root.end(at(3))
    const lines = traced.lines()
    expect(lines.filter((line) => /[!✗] /.test(line) && !line.includes('✗ charge'))).toEqual([
      '│ ✗ Error: card refused',
      '│ ! WARN retrying␛[31m',
      '│ ! ERROR no stock',
      expect.stringContaining('! WARN slow query'),
    ])
    expect(lineWith(lines, 'query ×5')).toBeDefined()
  })

  test('shows an exception that was recorded without failing the span', () => {
    const traced = new Traced()
    const root = traced.start('charge', 0)
    root.recordException(new Error('retrying'))
    root.end(at(1))
    expect(traced.lines()).toContain('  ! Error: retrying')
    expect(traced.lines()[0]).not.toContain('error')
  })

  test('falls back to the HTTP status, then to error.type, then to words', () => {
    const traced = new Traced()
    traced.span('a', [0, 1], { error: '', attributes: { 'http.response.status_code': 503, 'error.type': '503' } })
    traced.span('b', [0, 1], { error: '', attributes: { 'error.type': 'ECONNRESET' } })
    traced.span('c', [0, 1], { error: '' })
    const problems = traced.lines().filter((line) => line.startsWith('  ✗'))
    expect(problems).toEqual(['  ✗ HTTP 503', '  ✗ ECONNRESET', '  ✗ failed, no message given'])
  })

  test('wraps a long message over three lines at most', () => {
    const traced = new Traced()
    traced.span('charge', [0, 1], { error: 'the gateway did not answer in time and '.repeat(30) })
    const message = traced.lines().filter((line) => line.startsWith('  '))
    expect(message).toHaveLength(3)
    expect(message[2]).toMatch(/…$/)
    expect(Math.max(...message.map(({ length }) => length))).toBeLessThanOrEqual(100)
  })
})

describe('attributes', () => {
  test.each<[string, Given & { name: string }, string]>([
    [
      'an HTTP server',
      {
        name: 'GET /cart/:id',
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': 'GET', 'http.route': '/cart/:id', 'http.response.status_code': 200 },
      },
      'GET /cart/:id  server  → 200',
    ],
    [
      'an HTTP client of a route nobody named, without its query string',
      { name: 'GET', kind: SpanKind.CLIENT, attributes: { 'url.full': 'http://a.test/b?token=secret' } },
      'GET  client  http://a.test/b?…',
    ],
    [
      'a database, the summary not said twice',
      {
        name: 'SELECT t',
        kind: SpanKind.CLIENT,
        attributes: { 'db.system.name': 'mysql', 'db.query.summary': 'SELECT t' },
      },
      'SELECT t  mysql',
    ],
    [
      'a message',
      {
        name: 'send',
        kind: SpanKind.PRODUCER,
        attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
      },
      'send  producer  kafka  orders',
    ],
    [
      'a message, by the current name of its system',
      {
        name: 'send',
        kind: SpanKind.PRODUCER,
        attributes: { 'messaging.system.name': 'rabbitmq', 'messaging.destination.name': 'orders' },
      },
      'send  producer  rabbitmq  orders',
    ],
    [
      'a remote call',
      {
        name: 'call',
        kind: SpanKind.CLIENT,
        attributes: { 'rpc.system.name': 'grpc', 'rpc.method': 'shop.Cart/Add', 'rpc.response.status_code': 'OK' },
      },
      'call  client  grpc  shop.Cart/Add  → OK',
    ],
    [
      'a span of the app, without the conventions’ noise',
      { name: 'work', attributes: { 'order.id': 7, tags: ['a', 'b'], 'thread.id': 1, 'code.function.name': 'f' } },
      'work  order.id=7  tags=["a","b"]',
    ],
  ])('describes %s', (_, { name, ...given }, expected) => {
    const traced = new Traced()
    traced.span(name, [0, 5], given)
    expect(lineWith(traced.lines(), name).replace(/\s+\S+ ms .*/, '')).toBe(expected)
  })

  test('shows four attributes of the app’s own and counts the rest', () => {
    const traced = new Traced()
    traced.span('work', [0, 1], { attributes: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 } })
    expect(lineWith(traced.lines(), 'work')).toContain('a=1  b=2  c=3  d=4  +2 more')
  })

  test('does not repeat what the parent says already', () => {
    const traced = new Traced()
    const root = traced.start('root', 0, { attributes: { tenant: 'acme' } })
    traced.span('child', [0, 1], { parent: root, attributes: { tenant: 'acme' } })
    root.end(at(1))
    expect(traced.lines().filter((line) => line.includes('acme'))).toHaveLength(1)
  })

  test('puts what finds no room beside the name beneath it', () => {
    const traced = new Traced()
    traced.span('a name of some length', [0, 1], { attributes: { 'order.comment': 'please ring at the back door' } })
    expect(traced.lines()).toContain('  order.comment=please ring at the back door')
  })

  test('survives an attribute that cannot be read', () => {
    const traced = new Traced()
    traced.span('work', [0, 1])
    const broken = {
      get mine(): string {
        throw new Error('no')
      },
    }
    const [intact = null] = traced.ended()
    const span = Object.create(intact, { attributes: { value: broken } }) as ReadableSpan
    expect(lineWith(waterfall({ spans: [span] }, PLAIN), 'work')).toContain('mine=(unreadable)')
  })
})

describe('text from the host', () => {
  const HOSTILE = 'a\u001b[2J\r\nb\u0007\u009b31m\u202ec\u2028d'

  test('reaches the terminal without control characters, line breaks or reordering', () => {
    const traced = new Traced()
    const span = traced.start(HOSTILE, 0, { attributes: { [HOSTILE]: HOSTILE, 'db.system.name': HOSTILE } })
    span.recordException({ name: HOSTILE, message: HOSTILE })
    span.setStatus({ code: SpanStatusCode.ERROR, message: HOSTILE })
    span.end(at(1))
    const lines = traced.lines()
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(lineWith(lines, '✗ a␛[2J b␇�31m�c d')).toBeDefined()
  })

  test('is cut with … where it is too long', () => {
    const traced = new Traced()
    traced.span('x'.repeat(5_000), [0, 1])
    const row = lineWith(traced.lines(), 'xxx')
    expect(row).toMatch(/^x{49}… {4,}1\.0 ms █+$/)
    expect(row).toHaveLength(100)
  })

  test('keeps columns aligned with wide characters, emoji and combining marks', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    traced.span('注文', [0, 10], { parent: root })
    traced.span('👩‍🚀 go', [0, 10], { parent: root })
    traced.span('e\u0301t\u00e9', [0, 10], { parent: root })
    traced.span('plain-name', [0, 10], { parent: root })
    root.end(at(10))
    const lines = traced.lines()
    const column = lineWith(lines, 'plain-name').indexOf('10 ms')
    expect(lineWith(lines, '注文').indexOf('10 ms')).toBe(column - 2)
    expect(lineWith(lines, '👩‍🚀').indexOf('10 ms')).toBe(column + '👩‍🚀'.length - 2)
    expect(lineWith(lines, 'e\u0301').indexOf('10 ms')).toBe(column + 1)
  })

  test('survives a name that is no text', () => {
    const traced = new Traced()
    traced.span(undefined as unknown as string, [0, 1])
    expect(lineWith(traced.lines(), 'undefined')).toBeDefined()
  })
})

describe('style', () => {
  test.each([40, 80, 100, 160])('fills %d columns and no more', (columns) => {
    const traced = new Traced()
    const root = traced.start('POST /checkout/:cartId', 0, {
      kind: SpanKind.SERVER,
      attributes: { cart: 'long '.repeat(30) },
    })
    for (let index = 0; index < 7; index++) {
      traced.span('SELECT products', [index, index + 1], { parent: root, attributes: QUERY })
    }
    traced.span('charge the card of the customer', [7, 90], { parent: root, error: 'too slow '.repeat(40) })
    root.end(at(100))
    const widths = traced.lines({ columns }).map(({ length }) => length)
    expect(Math.max(...widths)).toBe(columns)
  })

  test('takes a width that makes no sense as the nearest that does', () => {
    const traced = new Traced()
    traced.span('root', [0, 1])
    expect(lineWith(traced.lines({ columns: Number.NaN }), 'root')).toHaveLength(40)
    expect(lineWith(traced.lines({ columns: 10_000 }), 'root')).toHaveLength(200)
  })

  test('adds nothing but colour when colours are on', () => {
    const traced = new Traced()
    const root = traced.start('root', 0)
    traced.span('child', [0, 1], { parent: root, error: 'no' })
    root.end(at(2))
    const coloured = traced.lines({ colours: true })
    expect(lineWith(coloured, 'child')).toContain('\u001b[31mchild\u001b[39m')
    expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(traced.lines())
  })
})
