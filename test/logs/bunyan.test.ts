import bunyan from 'bunyan'
import { beforeEach, describe, expect, test } from 'vitest'
import { bunyanStream } from '../../src/logs/bunyan.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan, Lines } from './lines.js'

let lines: Lines
let tracing: TestTracing
beforeEach(() => {
  tracing = new TestTracing()
  lines = new Lines()
})

describe('bunyanStream', () => {
  test('gives records the ids of their span, also those of child loggers', () => {
    const log = bunyan.createLogger({ name: 'shop', streams: [bunyanStream(lines)] })
    const ids = inSpan(() => {
      log.info({ order: 7 }, 'one')
      log.child({ part: 'pay' }).warn('two')
      log.child({ part: 'simple' }, true).warn('three')
    })
    expect(lines.json).toMatchObject([
      { ...ids, msg: 'one', order: 7, level: 30, name: 'shop' },
      { ...ids, msg: 'two', part: 'pay' },
      { ...ids, msg: 'three', part: 'simple' },
    ])
  })

  test('writes what bunyan writes outside of a span', () => {
    const theirs = new Lines()
    const log = bunyan.createLogger({
      name: 'shop',
      serializers: bunyan.stdSerializers,
      streams: [bunyanStream(lines), { stream: theirs }],
    })
    log.info({ a: { b: [1, undefined] } }, 'one %s', 'two')
    log.error(new Error('boom'))
    expect(lines.text).toBe(theirs.text)
  })

  test('keeps to the level beside it', () => {
    const log = bunyan.createLogger({ name: 'shop', streams: [{ ...bunyanStream(lines), level: 'error' }] })
    log.warn('no')
    log.error('yes')
    expect(lines.json).toMatchObject([{ msg: 'yes' }])
  })

  test('writes records that are circular, or throw', () => {
    const circular: Record<string, unknown> = { list: [{ big: 7n }] }
    circular.self = circular
    const trap = {
      toJSON() {
        throw new Error('no')
      },
    }
    const log = bunyan.createLogger({ name: 'shop', streams: [bunyanStream(lines)] })
    log.info({ circular, twice: [circular.list, circular.list], trap }, 'odd')
    const list = [{ big: '7' }]
    expect(lines.last).toMatchObject({
      msg: 'odd',
      circular: { list, self: '[Circular]' },
      twice: [list, list],
      trap: '[not serializable]',
    })
  })

  test('makes warnings and errors events of the span on demand', () => {
    const log = bunyan.createLogger({ name: 'shop', streams: [bunyanStream(lines, { logsAsSpanEvents: true })] })
    inSpan(() => {
      log.info('fine')
      log.fatal(new Error('boom'))
    })
    expect(tracing.named('work').events.map(({ attributes }) => attributes)).toEqual([
      { 'log.severity': 'FATAL', 'log.message': 'boom' },
    ])
  })
})
