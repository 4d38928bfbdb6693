import { context, INVALID_SPAN_CONTEXT, trace, TraceFlags, type SpanContext } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { setDefaultLogFormat } from '../../src/logs/log-format.js'
import { logFields, type LogFieldsOptions } from '../../src/logs/log-fields.js'
import { TestTracing } from '../spans/tracing.js'
import { inSpan } from './lines.js'

const PARENT: SpanContext = {
  traceId: '5759e988bd862e3fe1be46a994272793',
  spanId: 'f000000000000001',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
}

const within = <T>(spanContext: SpanContext, fn: () => T): T =>
  context.with(trace.setSpanContext(context.active(), spanContext), fn)

const fieldsOf = (options?: LogFieldsOptions): object => within(PARENT, () => logFields(options))

beforeEach(() => {
  new TestTracing()
})
afterEach(() => {
  setDefaultLogFormat(undefined)
  delete process.env.GOOGLE_CLOUD_PROJECT
})

describe('logFields', () => {
  test('is empty outside of a span, and in one that is invalid', () => {
    expect(logFields()).toEqual({})
    expect(within(INVALID_SPAN_CONTEXT, () => logFields())).toEqual({})
  })

  test('has the ids by the specification, flags in two digits', () => {
    expect(fieldsOf()).toEqual({
      trace_id: '5759e988bd862e3fe1be46a994272793',
      span_id: 'f000000000000001',
      trace_flags: '01',
    })
    expect(within({ ...PARENT, traceFlags: 0 }, () => logFields())).toMatchObject({ trace_flags: '00' })
  })

  test('is an object of its own each time', () => {
    within(PARENT, () => {
      expect(logFields()).not.toBe(logFields())
      expect(Object.assign(logFields(), { more: 1 })).toMatchObject({ more: 1 })
      expect(logFields()).not.toHaveProperty('more')
    })
  })

  test('has the lower 64 bits in decimal for Datadog', () => {
    expect(fieldsOf({ logFormat: 'datadog' })).toEqual({
      'dd.trace_id': BigInt('0xe1be46a994272793').toString(),
      'dd.span_id': '17293822569102704641',
    })
  })

  test('has the resource name of the trace for Google Cloud, where the project is known', () => {
    const rest = { 'logging.googleapis.com/spanId': PARENT.spanId, 'logging.googleapis.com/trace_sampled': true }
    const named = { ...rest, 'logging.googleapis.com/trace': `projects/shop-1/traces/${PARENT.traceId}` }
    expect(fieldsOf({ logFormat: 'gcp', gcpProject: 'shop-1' })).toEqual(named)
    expect(fieldsOf({ logFormat: 'gcp' })).toEqual({ ...rest, 'logging.googleapis.com/trace': PARENT.traceId })
    process.env.GOOGLE_CLOUD_PROJECT = 'shop-1'
    expect(fieldsOf({ logFormat: 'gcp' })).toEqual(named)
  })

  test("has X-Ray's form of the trace id for AWS", () => {
    expect(fieldsOf({ logFormat: 'aws' })).toEqual({
      xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793',
      span_id: PARENT.spanId,
      trace_flags: '01',
    })
  })

  test('names the transaction for Elastic, in the first span of the process alone', () => {
    const ecs: LogFieldsOptions = { logFormat: 'ecs' }
    const seen: object[] = []
    const ids = inSpan(() => {
      seen.push(logFields(ecs))
      inSpan(() => seen.push(logFields(ecs)))
    })
    const remote = within(PARENT, () => inSpan(() => seen.push(logFields(ecs))))
    const [root, inner, afterRemote] = seen
    expect(root).toEqual({ 'trace.id': ids.trace_id, 'span.id': ids.span_id, 'transaction.id': ids.span_id })
    expect(Object.keys(inner ?? {})).toEqual(['trace.id', 'span.id'])
    expect(afterRemote).toMatchObject({ 'trace.id': PARENT.traceId, 'transaction.id': remote.span_id })
  })

  test('has other names on demand', () => {
    expect(fieldsOf({ fieldNames: { traceId: 'traceId', traceFlags: 'flags' } })).toEqual({
      traceId: PARENT.traceId,
      span_id: PARENT.spanId,
      flags: '01',
    })
  })

  test('follows the default format from the next call on', () => {
    within(PARENT, () => {
      expect(logFields()).toHaveProperty('trace_id')
      setDefaultLogFormat('datadog')
      expect(logFields()).toHaveProperty(['dd.trace_id'])
      expect(logFields({ logFormat: 'otel' })).toHaveProperty('trace_id')
    })
  })

  test.each([
    [{ logFormat: 'splunk' }, 'logFormat must be one of otel, datadog, gcp, aws, ecs, got "splunk"'],
    [{ format: 'otel' }, 'format must be one of logFormat, fieldNames, gcpProject, got "format"'],
    [{ fieldNames: { trace: 'x' } }, 'fieldNames.trace must be one of'],
    [{ fieldNames: { traceId: '' } }, 'fieldNames.traceId must be a string that is not empty, got ""'],
    [{ gcpProject: 7 }, 'gcpProject must be a string that is not empty, got 7'],
  ])('refuses %j', (options, message) => {
    expect(() => logFields(options as LogFieldsOptions)).toThrow(TracingConfigError)
    expect(() => logFields(options as LogFieldsOptions)).toThrow(message)
  })
})
