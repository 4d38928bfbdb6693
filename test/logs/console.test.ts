import { Console } from 'node:console'
import { beforeEach, describe, expect, test } from 'vitest'
import { consoleWithTrace, type ConsoleWithTraceOptions } from '../../src/logs/console.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan, Lines } from './lines.js'

let stdout: Lines
let stderr: Lines
let tracing: TestTracing
beforeEach(() => {
  tracing = new TestTracing()
  stdout = new Lines()
  stderr = new Lines()
})

const made = (options?: ConsoleWithTraceOptions): Console => consoleWithTrace({ ...options, stdout, stderr })

describe('consoleWithTrace', () => {
  test('ends each line in the ids of its span', () => {
    const console = made()
    const ids = inSpan(() => {
      console.log('one %s', 'two')
      console.error('three\n\nfour')
    })
    const suffix = ` trace_id=${ids.trace_id} span_id=${ids.span_id} trace_flags=01`
    expect(stdout.text).toBe(`one two${suffix}\n`)
    expect(stderr.text).toBe(`three${suffix}\n\nfour${suffix}\n`)
  })

  test('writes what any console writes outside of a span', () => {
    const theirs = { stdout: new Lines(), stderr: new Lines() }
    for (const one of [made(), new Console(theirs)]) {
      one.group('group')
      one.info({ a: [1] })
      one.groupEnd()
      one.table([{ a: 1 }])
      one.assert(false, 'no')
      one.count()
    }
    expect(stdout.text).toBe(theirs.stdout.text)
    expect(stderr.text).toBe(theirs.stderr.text)
  })

  test('writes JSON on demand, with levels', () => {
    const console = made({ json: true, logFormat: 'datadog' })
    inSpan(() => {
      console.log('one')
      console.debug('two')
      console.dir({ a: 1 })
    })
    console.warn('three\nfour')
    console.trace('five')
    expect(stdout.json).toMatchObject([
      { level: 'info', message: 'one', 'dd.trace_id': expect.stringMatching(/^\d+$/) as string },
      { level: 'debug', message: 'two' },
      { level: 'info', message: '{ a: 1 }' },
    ])
    expect(stderr.json[0]).toEqual({ time: expect.any(String) as string, level: 'warn', message: 'three\nfour' })
    expect(stderr.last).toMatchObject({ level: 'trace', message: expect.stringMatching(/^Trace: five\n/) as string })
  })

  test('makes warnings and errors events of the span on demand', () => {
    const console = made({ logsAsSpanEvents: true })
    inSpan(() => {
      console.info('fine')
      console.warn('careful')
      console.error('boom')
      console.trace('here')
    })
    expect(tracing.named('work').events.map(({ attributes }) => attributes)).toEqual([
      { 'log.severity': 'WARN', 'log.message': 'careful' },
      { 'log.severity': 'ERROR', 'log.message': 'boom' },
    ])
  })

  test('refuses what is no stream', () => {
    expect(() => consoleWithTrace({ stdout: {} as never })).toThrow('stdout must be a writable stream')
  })
})
