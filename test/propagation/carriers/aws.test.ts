import { propagation, trace } from '@opentelemetry/api'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { propagatorByName } from '../../../src/propagation/by-name.js'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { firstValidPropagator } from '../../../src/propagation/composite.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import {
  ALL_OF_IT,
  BAGGAGE,
  SENDER,
  SPAN_ID,
  TRACEPARENT,
  TRACESTATE,
  TRACE_ID,
  travelled,
  useW3cPropagation,
} from './w3c-propagation.js'

useW3cPropagation()

const XRAY_TRACE_ID = '5759e988bd862e3fe1be46a994272793'

function useXray(): void {
  propagation.disable()
  propagation.setGlobalPropagator(
    firstValidPropagator(['tracecontext', 'baggage', 'xray'].flatMap((name) => propagatorByName(name) ?? [])),
  )
}

interface LambdaEvent {
  Records: Record<string, unknown>[]
}

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as T
}

const text = (StringValue: string): object => ({ DataType: 'String', StringValue })

/** As many attributes as SQS takes, but for the last ones. */
function attributesLeaving(places: number): Record<string, object> {
  return Object.fromEntries(Array.from({ length: 10 - places }, (_, index) => [`own${index}`, text('value')]))
}

test('parameters of SQS get message attributes', () => {
  const params = injectTraceContext({ QueueUrl: 'http://sqs/queue', MessageBody: '{}' }, { context: SENDER })
  expect(params).toEqual({
    QueueUrl: 'http://sqs/queue',
    MessageBody: '{}',
    MessageAttributes: { traceparent: text(TRACEPARENT), tracestate: text(TRACESTATE), baggage: text(BAGGAGE) },
  })
})

test('entries of a batch, and parameters of SNS, get message attributes', () => {
  for (const params of [
    { Id: '1', MessageBody: '' },
    { Id: '1', Message: '' },
    { TopicArn: 'arn', Message: '' },
    { PhoneNumber: '+441632960000', Message: '' },
  ]) {
    expect(injectTraceContext(params, { context: SENDER })).toHaveProperty(
      'MessageAttributes.traceparent',
      text(TRACEPARENT),
    )
  }
})

test('attributes by themselves are known by the first of them', () => {
  const attributes = injectTraceContext({ City: text('Any City') }, { context: SENDER })
  expect(attributes).toHaveProperty('traceparent', text(TRACEPARENT))
  expect(travelled(extractTraceContext(attributes))).toEqual(ALL_OF_IT)
})

test('empty attributes need to be called so', () => {
  expect(injectTraceContext({}, { as: 'message-attributes', context: SENDER })).toHaveProperty(
    'traceparent',
    text(TRACEPARENT),
  )
})

test.for([
  [3, ['traceparent', 'tracestate', 'baggage']],
  [2, ['traceparent', 'tracestate']],
  [1, ['traceparent']],
  [0, []],
] as const)('with room for %i more attributes, these go in: %s', ([places, names]) => {
  const own = attributesLeaving(places)
  const params = { QueueUrl: 'q', MessageBody: '', MessageAttributes: { ...own } }
  injectTraceContext(params, { context: SENDER })
  expect(Object.keys(params.MessageAttributes)).toEqual([...Object.keys(own), ...names])
})

test('a trace context that is there already is replaced in a full message', () => {
  const attributes = { ...attributesLeaving(1), traceparent: text('stale') }
  injectTraceContext({ Id: '1', MessageBody: '', MessageAttributes: attributes }, { context: SENDER })
  expect(attributes.traceparent).toEqual(text(TRACEPARENT))
  expect(Object.keys(attributes)).toHaveLength(10)
})

test('a message that the SDK received is read, and its own trace is stronger than X-Ray’s', () => {
  const { Messages } = fixture<{ Messages: object[] }>('sqs-received.json')
  expect(travelled(extractTraceContext(Messages[0]))).toEqual(ALL_OF_IT)
})

test('a record of SQS in Lambda is read', () => {
  expect(travelled(extractTraceContext(fixture<LambdaEvent>('lambda-sqs-event.json').Records[0]))).toEqual(ALL_OF_IT)
})

test('a record with X-Ray’s header alone continues that where its propagator is asked for', () => {
  expect(
    trace.getSpanContext(extractTraceContext(fixture<LambdaEvent>('lambda-sqs-event.json').Records[1])),
  ).toBeUndefined()
  useXray()
  const received = extractTraceContext(fixture<LambdaEvent>('lambda-sqs-event.json').Records[1])
  expect(trace.getSpanContext(received)).toMatchObject({
    traceId: XRAY_TRACE_ID,
    spanId: '53995c3f42cd8ad8',
    isRemote: true,
  })
})

test('a wrong X-Ray header is nothing', () => {
  useXray()
  for (const AWSTraceHeader of ['', 'Root=1-5759e988-bd862e3fe1be46a994272793', 'Root=;Parent=;Sampled=', 5, {}]) {
    expect(
      trace.getSpanContext(extractTraceContext({ ReceiptHandle: 'r', Attributes: { AWSTraceHeader } })),
    ).toBeUndefined()
  }
})

test('a record of SNS in Lambda, and its notification, are read', () => {
  const [record] = fixture<LambdaEvent>('lambda-sns-event.json').Records
  expect(travelled(extractTraceContext(record))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext(record?.Sns))).toEqual(ALL_OF_IT)
})

test('a notification in the body of an SQS message is read, in the SDK and in Lambda', () => {
  const notification = JSON.stringify(fixture<LambdaEvent>('lambda-sns-event.json').Records[0]?.Sns)
  expect(travelled(extractTraceContext({ ReceiptHandle: 'r', Body: notification }))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext({ receiptHandle: 'r', body: notification, messageAttributes: {} }))).toEqual(
    ALL_OF_IT,
  )
})

test('a body that is longer than any message is not parsed', () => {
  const Message = 'x'.repeat(1_100_000)
  const MessageAttributes = { traceparent: { Type: 'String', Value: TRACEPARENT } }
  const Body = JSON.stringify({ Type: 'Notification', Message, MessageAttributes })
  expect(trace.getSpanContext(extractTraceContext({ ReceiptHandle: 'r', Body }))).toBeUndefined()
})

test('attributes of a message are stronger than a notification in its body', () => {
  const Body = JSON.stringify({
    Type: 'Notification',
    MessageAttributes: { traceparent: { Type: 'String', Value: TRACEPARENT } },
  })
  const own = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`
  const received = extractTraceContext({ ReceiptHandle: 'r', Body, MessageAttributes: { traceparent: text(own) } })
  expect(trace.getSpanContext(received)?.traceId).toBe('1'.repeat(32))
})

test('a record of Kafka in Lambda, with bytes as numbers, is read', () => {
  const { records } = fixture<{ records: Record<string, object[]> }>('lambda-kafka-event.json')
  const received = extractTraceContext(records['mytopic-0']?.[0])
  expect(trace.getSpanContext(received)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID })
})
