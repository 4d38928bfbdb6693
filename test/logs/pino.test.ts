import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { pinoMixin } from '../../src/logs/pino.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan, Lines, type Line } from './lines.js'

let lines: Lines
let tracing: TestTracing
beforeEach(() => {
  tracing = new TestTracing()
  lines = new Lines()
})

describe('pinoMixin', () => {
  test('gives lines the ids of their span, from the first line on', () => {
    const log = pino({ mixin: pinoMixin() }, lines)
    const first = inSpan(() => log.info('one'))
    const second = inSpan(() => log.info({ order: 7 }, 'two'))
    expect(lines.json).toMatchObject([
      { ...first, msg: 'one' },
      { ...second, msg: 'two', order: 7 },
    ])
  })

  test('adds nothing outside of a span', () => {
    const log = pino({ mixin: pinoMixin(), timestamp: false, base: null }, lines)
    log.info({ order: 7 }, 'one')
    inSpan(() => log.info('two'))
    log.info(Object.freeze({ order: 8 }), 'three')
    expect(lines.json[0]).toEqual({ level: 30, order: 7, msg: 'one' })
    expect(lines.json[2]).toEqual({ level: 30, order: 8, msg: 'three' })
  })

  test('does so in child loggers, those made before and within the span as well, and keeps to each span', () => {
    const log = pino({ mixin: pinoMixin() }, lines)
    const before = log.child({ part: 'before' })
    let within = before
    const ids = inSpan(() => {
      before.warn('a')
      within = log.child({ part: 'within' })
      within.warn('b')
    })
    within.warn('c')
    expect(lines.json).toMatchObject([
      { ...ids, part: 'before' },
      { ...ids, part: 'within' },
      { part: 'within', msg: 'c' },
    ])
    expect(lines.last).not.toHaveProperty('trace_id')
    expect(within.bindings()).toEqual({ part: 'within' })
  })

  test('leaves redaction, serializers and errors as they are', () => {
    const log = pino(
      { mixin: pinoMixin(), redact: ['password', '*.card'], serializers: { user: ({ id }: { id: number }) => id } },
      lines,
    )
    const ids = inSpan(() => {
      log.info({ password: 'x', pay: { card: 'y' }, user: { id: 3 } }, 'in')
      log.error(new Error('boom'))
    })
    expect(lines.json).toMatchObject([
      { ...ids, password: '[Redacted]', pay: { card: '[Redacted]' }, user: 3 },
      { ...ids, msg: 'boom', err: { message: 'boom' } },
    ])
  })

  test('composes with a mixin that was there', () => {
    const levels: number[] = []
    const own = (_record: object, level: number): object => {
      levels.push(level)
      return { tenant: 'acme', span_id: 'mine' }
    }
    const log = pino({ mixin: pinoMixin({ mixin: own }) }, lines)
    const ids = inSpan(() => {
      log.info('one')
      log.error('two')
    })
    const expected = { trace_id: ids.trace_id, tenant: 'acme', span_id: 'mine' }
    expect(lines.json).toMatchObject([expected, expected])
    expect(levels).toEqual([30, 50])
  })

  test('works within a mixin of the user, which may not pass the logger on', () => {
    const mixin = pinoMixin() as () => object
    const log = pino({ mixin: () => ({ ...mixin(), tenant: 'acme' }) }, lines)
    const ids = inSpan(() => log.info({ a: 1 }, 'one'))
    expect(lines.last).toMatchObject({ ...ids, tenant: 'acme', a: 1 })
  })

  test('serves several loggers, each with its own settings', () => {
    const mixin = pinoMixin()
    const nested = pino({ mixin, nestedKey: 'payload', messageKey: 'message' }, lines)
    const other = pino({ mixin: pinoMixin({ logFormat: 'aws' }), base: null }, lines)
    const ids = inSpan(() => {
      nested.info({ a: 1 }, 'one')
      pino({ mixin }, lines).info('two')
      other.info('three')
    })
    const [one, two, three] = lines.json as [Line, Line, Line]
    expect(one).toMatchObject({ ...ids, payload: { a: 1 }, message: 'one' })
    expect(two).toMatchObject({ ...ids, msg: 'two' })
    expect(Object.keys(three)).toEqual(['level', 'time', 'xray_trace_id', 'span_id', 'trace_flags', 'msg'])
  })

  test('names the span through a transport in a worker thread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pino-'))
    const destination = join(folder, 'app.log')
    const transport = pino.transport<object>({ target: 'pino/file', options: { destination } })
    const log = pino({ mixin: pinoMixin() }, transport)
    const ids = inSpan(() => log.info('from afar'))
    transport.end()
    let text = ''
    while (!text.endsWith('\n')) {
      await wait(10)
      text = await readFile(destination, 'utf8').catch(() => '')
    }
    await rm(folder, { recursive: true })
    expect(JSON.parse(text)).toMatchObject({ ...ids, msg: 'from afar' })
  })

  test('makes warnings and errors events of the span on demand', () => {
    const log = pino({ mixin: pinoMixin({ logsAsSpanEvents: true }), redact: ['token'] }, lines)
    log.warn('outside')
    inSpan(() => {
      log.info('fine')
      log.child({ part: 'pay' }).warn({ token: 'secret' }, 'card %s', 'declined')
      log.error(new Error('boom'))
    })
    expect(tracing.named('work').events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['log', { 'log.severity': 'WARN', 'log.message': 'card declined' }],
      ['log', { 'log.severity': 'ERROR', 'log.message': 'boom' }],
    ])
  })
})
