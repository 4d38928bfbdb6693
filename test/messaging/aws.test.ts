import { expect, test } from 'vitest'
import { withMessageBatch } from '../../src/messaging/message-batch.js'
import { withMessageSpan } from '../../src/messaging/message-span.js'
import { injectTraceContext } from '../../src/propagation/inject-trace-context.js'
import { TestTracing } from '../spans/tracing.js'
import { linksOf, parentOf, referenceTo } from './span-references.js'

// Shapes as Amazon's public documentation shows them: "Using Lambda with Amazon SQS", ReceiveMessage of the SQS API
// reference, "Amazon SNS message and JSON formats".
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SENT = ['b7ad6b7169203331', '00f067aa0ba902b7'] as const
const sentBy = (spanId: string): string => `00-${TRACE_ID}-${spanId}-01`

const lambdaRecord = (messageId: string, spanId: string) => ({
  messageId,
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
  body: 'Test message.',
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1545082649183',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1545082649185',
  },
  messageAttributes: {
    traceparent: { stringValue: sentBy(spanId), stringListValues: [], binaryListValues: [], dataType: 'String' },
  },
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
  awsRegion: 'us-east-2',
})

/** What ReceiveMessage answers for a queue that has subscribed to a topic, without raw delivery. */
const notification = (messageId: string, spanId: string) => ({
  MessageId: messageId,
  ReceiptHandle: 'AQEBzWwaftRI0KuVm4tP...',
  MD5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  Body: JSON.stringify({
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:us-west-2:123456789012:MyTopic',
    Subject: 'My First Message',
    Message: 'Hello world!',
    Timestamp: '2012-05-02T00:54:06.655Z',
    SignatureVersion: '1',
    Signature: 'EXAMPLEw6JRN...',
    MessageAttributes: { traceparent: { Type: 'String', Value: sentBy(spanId) } },
  }),
})

const QUEUE = { system: 'aws.sqs', destination: 'my-queue' } as const

test('records of SQS in Lambda are handled one by one, and the failed ones are reported', async () => {
  const tracing = new TestTracing()
  const event = { Records: [lambdaRecord('059f36b4', SENT[0]), lambdaRecord('2e1424d4', SENT[1])] }
  const answer = await withMessageBatch(
    { ...QUEUE, messages: event.Records, idOf: ({ messageId }) => messageId },
    async (_span, each) => {
      const outcomes = await Promise.allSettled(
        event.Records.map((record) =>
          each(record, () => (record.messageId === '2e1424d4' ? Promise.reject(new Error('no')) : Promise.resolve())),
        ),
      )
      const failed = event.Records.filter((_record, index) => outcomes[index]?.status === 'rejected')
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    },
  )
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2e1424d4' }] })
  const senders = SENT.map((spanId) => ({ traceId: TRACE_ID, spanId }))
  const batch = tracing.ended.at(-1)
  expect(batch && linksOf(batch)).toEqual(senders)
  expect(tracing.ended.slice(0, 2).map(parentOf)).toEqual(expect.arrayContaining(senders))
  expect(tracing.ended.map(({ status }) => status.code)).toEqual([0, 2, 0])
})

test('notifications of SNS that a queue holds are in the traces of who published them', () => {
  const tracing = new TestTracing()
  const { Messages } = { Messages: [notification('a', SENT[0]), notification('b', SENT[1])] }
  withMessageBatch({ ...QUEUE, messages: Messages }, (_span, each) => {
    for (const message of Messages) each(message, () => {})
  })
  const senders = SENT.map((spanId) => ({ traceId: TRACE_ID, spanId }))
  expect(tracing.ended.slice(0, 2).map(parentOf)).toEqual(senders)
  expect(tracing.ended.slice(2).map(linksOf)).toEqual([senders])
})

test('what was sent as parameters of SendMessage is one trace with what handles it', () => {
  const tracing = new TestTracing()
  const sent = withMessageSpan({ ...QUEUE, operation: 'send' }, () =>
    injectTraceContext({
      QueueUrl: 'https://sqs.us-east-2.amazonaws.com/123456789012/my-queue',
      MessageBody: 'Test message.',
      MessageAttributes: { City: { DataType: 'String', StringValue: 'Any City' } },
    }),
  )
  const received = {
    MessageId: 'a',
    ReceiptHandle: 'AQEB',
    Body: sent.MessageBody,
    MessageAttributes: sent.MessageAttributes,
  }
  withMessageSpan({ ...QUEUE, operation: 'process', carrier: received }, () => {})
  expect(parentOf(tracing.named('process my-queue'))).toEqual(referenceTo(tracing.named('send my-queue')))
})
