import { Metadata } from '@grpc/grpc-js'
import { IncomingMessage, OutgoingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { InjectTraceContextOptions } from '../../../src/propagation/inject-trace-context.js'
import { NatsHeaders } from './nats-headers.js'

/** One carrier of each kind, and what it has besides: names and values that are no trace context. */
export interface CarrierExample {
  readonly options?: InjectTraceContextOptions
  readonly make: (others?: readonly (readonly [string, string])[]) => object
}

type Others = readonly (readonly [string, string])[]

const record = (others: Others): Record<string, unknown> => Object.fromEntries(others)
const bytes = (others: Others): Record<string, Buffer> =>
  Object.fromEntries(others.map(([name, value]) => [name, Buffer.from(value)]))
const attributes = (others: Others, make: (value: string) => object): Record<string, object> =>
  Object.fromEntries(others.slice(0, 7).map(([name, value]) => [name, make(value)]))
const sdk = (StringValue: string): object => ({ DataType: 'String', StringValue })
const lambda = (stringValue: string): object => ({
  stringValue,
  stringListValues: [],
  binaryListValues: [],
  dataType: 'String',
})
const notified = (Value: string): object => ({ Type: 'String', Value })

export const EVERY_CARRIER: Readonly<Record<string, CarrierExample>> = {
  'plain object': { make: (others = []) => record(others) },
  'object without a prototype': { make: (others = []) => Object.assign(Object.create(null) as object, record(others)) },
  Map: { make: (others = []) => new Map(others) },
  'fetch Headers': { make: (others = []) => new Headers(others as [string, string][]) },
  'fetch Request': { make: (others = []) => new Request('http://shop/', { headers: others as [string, string][] }) },
  'fetch Response': { make: (others = []) => new Response('', { headers: others as [string, string][] }) },
  'options of a request': { make: (others = []) => ({ method: 'GET', headers: record(others) }) },
  'http IncomingMessage': {
    make: (others = []) => Object.assign(new IncomingMessage(new Socket()), { headers: record(others) }),
  },
  'http OutgoingMessage': {
    make(others = []) {
      const message = new OutgoingMessage()
      for (const [name, value] of others) message.setHeader(name, value)
      return message
    },
  },
  'http2 headers': {
    make: (others = []) =>
      Object.assign(Object.create(null) as object, { ':path': '/', ':method': 'GET' }, record(others)),
  },
  'raw headers': { options: { as: 'raw-headers' }, make: (others = []) => others.flat() },
  'header entries': { make: (others = []) => others.map(([name, value]) => [name, value]) },
  'node-rdkafka headers': {
    options: { as: 'header-records' },
    make: (others = []) => others.map(([name, value]) => ({ [name]: Buffer.from(value) })),
  },
  'kafkajs message': { make: (others = []) => ({ key: null, value: Buffer.from('{}'), headers: bytes(others) }) },
  'amqplib message': {
    make: (others = []) => ({ fields: {}, properties: { headers: record(others) }, content: Buffer.from('') }),
  },
  'amqplib message without headers': { make: () => ({ fields: {}, properties: { headers: undefined } }) },
  'amqplib publish options': { make: (others = []) => ({ persistent: true, headers: record(others) }) },
  'SQS parameters': { make: () => ({ QueueUrl: 'http://sqs/queue', MessageBody: '{}' }) },
  'SQS parameters with attributes': {
    make: (others = []) => ({ QueueUrl: 'q', MessageBody: '', MessageAttributes: attributes(others, sdk) }),
  },
  'SNS parameters': { make: () => ({ TopicArn: 'arn:aws:sns:eu-west-1:1:orders', Message: '{}' }) },
  'SQS message received': {
    make: (others = []) => ({
      MessageId: '1',
      ReceiptHandle: 'r',
      Body: '{}',
      MessageAttributes: attributes(others, sdk),
    }),
  },
  'SQS record in Lambda': {
    make: (others = []) => ({ messageId: '1', body: '{}', messageAttributes: attributes(others, lambda) }),
  },
  'SNS record in Lambda': {
    make: (others = []) => ({
      EventSource: 'aws:sns',
      Sns: { Type: 'Notification', Message: '', MessageAttributes: attributes(others, notified) },
    }),
  },
  'message attributes': {
    options: { as: 'message-attributes' },
    make: (others = []) => attributes(others, sdk),
  },
  'NATS headers': {
    make(others = []) {
      const headers = new NatsHeaders()
      for (const [name, value] of others) headers.append(name, value)
      return headers
    },
  },
  'NATS message': { make: () => ({ subject: 'orders', data: new Uint8Array(), headers: new NatsHeaders() }) },
  'MQTT options': { make: () => ({ qos: 1, properties: {} }) },
  'MQTT packet': {
    make: (others = []) => ({ cmd: 'publish', topic: 'orders', properties: { userProperties: record(others) } }),
  },
  'gRPC Metadata': {
    make(others = []) {
      const metadata = new Metadata()
      for (const [name, value] of others) if (!name.endsWith('-bin')) metadata.add(name, value)
      return metadata
    },
  },
  'BullMQ job': { make: (others = []) => ({ name: 'send', data: record(others), opts: {} }) },
  environment: { make: (others = []) => ({ PATH: '/bin', ...record(others) }) },
  'empty environment': { options: { as: 'env' }, make: () => ({}) },
}
