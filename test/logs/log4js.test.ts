import log4js, { type AppenderModule, type LoggingEvent } from 'log4js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { log4jsAppender, log4jsLayout, type Log4jsOptions } from '../../src/logs/log4js.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan, Lines } from './lines.js'

let lines: Lines
let tracing: TestTracing
beforeEach(() => {
  tracing = new TestTracing()
  lines = new Lines()
})
afterEach(() => log4js.shutdown())

/** Writes what the layout makes of an event. */
const memory: AppenderModule = {
  configure(config, layouts) {
    const { layout: settings } = config as { layout: { type: string } }
    const layout = layouts?.layout(settings.type, settings as never)
    return (event: LoggingEvent) => void lines.write(`${layout?.(event) ?? ''}\n`)
  },
}

const withPattern = (pattern: string, options?: Log4jsOptions): log4js.Logger =>
  log4js
    .configure({
      appenders: {
        out: { type: memory, layout: { type: 'pattern', pattern } },
        traced: { type: log4jsAppender(options), appender: 'out' },
      },
      categories: { default: { appenders: ['traced'], level: 'info' } },
    })
    .getLogger('shop')

const withJson = (options?: Log4jsOptions): log4js.Logger => {
  log4js.addLayout('json', log4jsLayout(options))
  return log4js
    .configure({
      appenders: { one: { type: memory, layout: { type: 'json' } }, two: { type: memory, layout: { type: 'json' } } },
      categories: { default: { appenders: ['one', 'two'], level: 'info' } },
    })
    .getLogger('shop')
}

describe('log4jsAppender', () => {
  test('gives patterns the ids, and nothing outside of a span', () => {
    const log = withPattern('%p %m [%X{trace_id}/%X{span_id}]')
    const ids = inSpan(() => log.info('one'))
    log.info('two')
    expect(lines.text).toBe(`INFO one [${ids.trace_id}/${ids.span_id}]\nINFO two [/]\n`)
  })

  test('gives patterns the names of the format', () => {
    const log = withPattern('%X{logging.googleapis.com/trace}', { logFormat: 'gcp', gcpProject: 'p' })
    const { trace_id } = inSpan(() => log.info('one'))
    expect(lines.text).toBe(`projects/p/traces/${trace_id}\n`)
  })

  test('says so when the appender behind it is missing', () => {
    const appenders = { traced: { type: log4jsAppender(), appender: 'nowhere' } }
    const categories = { default: { appenders: ['traced'], level: 'info' } }
    expect(() => log4js.configure({ appenders, categories })).toThrow('there is no "nowhere"')
  })
})

describe('log4jsLayout', () => {
  test('writes JSON with the ids at the top level', () => {
    const log = withJson()
    log.addContext('tenant', 'acme')
    const ids = inSpan(() => log.warn('one %d', 7))
    log.info('two')
    expect(lines.json[0]).toMatchObject({ ...ids, tenant: 'acme', level: 'WARN', category: 'shop', message: 'one 7' })
    expect(lines.json[0]?.time).toMatch(/^\d{4}-.*Z$/)
    expect(Object.keys(lines.last)).toEqual(['tenant', 'time', 'level', 'category', 'message'])
  })

  test('makes an event of the span once, whatever the number of appenders', () => {
    const log = withJson({ logsAsSpanEvents: true })
    inSpan(() => {
      log.info('fine')
      log.warn('one')
      log.mark('no warning')
    })
    expect(tracing.named('work').events.map(({ attributes }) => attributes)).toEqual([
      { 'log.severity': 'WARN', 'log.message': 'one' },
    ])
  })
})
