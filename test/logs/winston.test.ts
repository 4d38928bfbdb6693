/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off -- logform's Format and transports are no classes at run time */
import { context } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import winston from 'winston'
import { winstonFormat } from '../../src/logs/winston.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan, Lines } from './lines.js'

const { combine, json, colorize, printf, errors } = winston.format

let lines: Lines
let tracing: TestTracing
beforeEach(() => {
  tracing = new TestTracing()
  lines = new Lines()
})

const logger = (format: winston.Logform.Format): winston.Logger =>
  winston.createLogger({ format, transports: [new winston.transports.Stream({ stream: lines })] })

describe('winstonFormat', () => {
  test('gives records the ids of their span, also those of child loggers', () => {
    const log = logger(combine(winstonFormat(), json()))
    const ids = inSpan(() => {
      log.info('one', { order: 7 })
      log.child({ part: 'pay' }).warn('two')
    })
    expect(lines.json).toEqual([
      { ...ids, level: 'info', message: 'one', order: 7 },
      { ...ids, level: 'warn', message: 'two', part: 'pay' },
    ])
  })

  test('adds nothing outside of a span, and leaves a field of the call', () => {
    const log = logger(combine(winstonFormat(), json()))
    log.info('one')
    inSpan(() => log.info('two', { trace_id: 'mine' }))
    expect(lines.json[0]).toEqual({ level: 'info', message: 'one' })
    expect(lines.json[1]).toMatchObject({ trace_id: 'mine' })
  })

  test('goes with text and errors', () => {
    const line = printf(({ level, message, trace_id }) => `${level} ${String(message)} ${String(trace_id)}`)
    const log = logger(combine(errors(), winstonFormat(), line))
    const { trace_id } = inSpan(() => log.error(new Error('boom')))
    expect(lines.text).toBe(`error boom ${trace_id}\n`)
  })

  test('takes the context of the call where the instrumentation has left it', () => {
    let called = context.active()
    const ids = inSpan(() => (called = context.active()))
    const record = { level: 'info', message: 'late', [Symbol.for('opentelemetry.js.contrib.winston.context')]: called }
    inSpan(() => winstonFormat().transform(record))
    expect(record).toMatchObject(ids)
  })

  test('makes warnings and errors events of the span on demand, under colours too', () => {
    const log = winston.createLogger({
      levels: winston.config.syslog.levels,
      format: combine(colorize(), winstonFormat({ logsAsSpanEvents: { maxPerSpan: 2 } }), json()),
      transports: [new winston.transports.Stream({ stream: lines })],
    })
    inSpan(() => {
      log.info('fine')
      log.warning('one')
      log.crit('two')
      log.error('three')
    })
    expect(tracing.named('work').events.map(({ attributes }) => attributes?.['log.severity'])).toEqual([
      'WARN',
      'FATAL',
    ])
  })
})
