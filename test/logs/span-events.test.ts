import { trace } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { severityOf, logAsSpanEvent, logEventSink, type LogEventLimits } from '../../src/logs/span-events.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan } from './lines.js'

describe('logAsSpanEvent', () => {
  test('adds an event for a warning or worse, with attributes', () => {
    const tracing = new TestTracing()
    inSpan(() => {
      logAsSpanEvent('info', 'fine')
      logAsSpanEvent('warn', 'careful', { order: 7 })
    })
    expect(tracing.named('work').events).toMatchObject([
      { name: 'log', attributes: { 'log.severity': 'WARN', 'log.message': 'careful', order: 7 } },
    ])
  })

  test('is bounded in number and length', () => {
    const tracing = new TestTracing()
    inSpan(() => {
      for (let i = 0; i < 40; i++) logAsSpanEvent(50, 'x'.repeat(2_000))
    })
    const { events } = tracing.named('work')
    expect(events).toHaveLength(32)
    expect(events[0]?.attributes?.['log.message']).toBe(`${'x'.repeat(1_024)}…`)
  })

  test('does nothing outside of a span, nor in one that records nothing', () => {
    new TestTracing(new AlwaysOffSampler())
    logAsSpanEvent('error', 'outside')
    inSpan(() => {
      logAsSpanEvent('error', 'unsampled')
      expect(trace.getActiveSpan()?.isRecording()).toBe(false)
    })
  })
})

describe('the option logsAsSpanEvents', () => {
  test('has no sink unless it is on', () => {
    expect(logEventSink({})).toBeUndefined()
    expect(logEventSink({ logsAsSpanEvents: false })).toBeUndefined()
  })

  test('asks for a message only when there is a span for it', () => {
    new TestTracing()
    const sink = logEventSink({ logsAsSpanEvents: true })
    const never = (): never => {
      throw new Error('asked')
    }
    sink?.('warn', never)
    inSpan(() => sink?.('info', never))
  })

  test.each([
    [{ maxPerSpan: 0 }, 'logsAsSpanEvents.maxPerSpan must be an integer of at least 1, got 0'],
    [{ most: 1 }, 'logsAsSpanEvents.most must be one of'],
    ['yes', 'logsAsSpanEvents must be an object, got "yes"'],
  ])('refuses %j', (logsAsSpanEvents, message) => {
    expect(() => logEventSink({ logsAsSpanEvents: logsAsSpanEvents as LogEventLimits })).toThrow(message)
  })
})

test.each([
  [30, undefined],
  [40, 'WARN'],
  [45, 'WARN'],
  [50, 'ERROR'],
  [60, 'FATAL'],
  ['INFO', undefined],
  ['Warning', 'WARN'],
  ['emerg', 'FATAL'],
  ['constructor', undefined],
  [undefined, undefined],
])('the severity of %j is %j', (level, severity) => {
  expect(severityOf(level)).toBe(severity)
})
