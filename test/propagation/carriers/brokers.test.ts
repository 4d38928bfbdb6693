import { trace } from '@opentelemetry/api'
import { Metadata } from '@grpc/grpc-js'
import type { IncomingHttpHeaders } from 'node:http2'
import { expect, test } from 'vitest'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { NatsHeaders } from './nats-headers.js'
import {
  ALL_OF_IT,
  BAGGAGE,
  SENDER,
  TRACEPARENT,
  TRACESTATE,
  TRACE_ID,
  travelled,
  useW3cPropagation,
} from './w3c-propagation.js'

useW3cPropagation()

const FIELDS = { traceparent: TRACEPARENT, tracestate: TRACESTATE, baggage: BAGGAGE }
const bytes = (text: string): Buffer => Buffer.from(text)

test('a message of kafkajs keeps its value and key, and gets headers', () => {
  const message = { key: 'order-1', value: '{}', headers: { source: bytes('web') } }
  injectTraceContext(message, { context: SENDER })
  expect(message).toEqual({ key: 'order-1', value: '{}', headers: { source: bytes('web'), ...FIELDS } })
})

test('headers of kafkajs are bytes, or lists of them', () => {
  const headers = {
    traceparent: bytes(TRACEPARENT),
    tracestate: [bytes('congo=t61rcWkgMzE'), 'rojo=00f067aa0ba902b7'],
    baggage: [bytes(BAGGAGE)],
  }
  expect(travelled(extractTraceContext(headers))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext({ magicByte: 2, value: null, headers }))).toEqual(ALL_OF_IT)
})

test('headers of node-rdkafka are a list of objects with one key each', () => {
  const headers: Record<string, string | Buffer>[] = [{ source: bytes('web') }]
  expect(injectTraceContext(headers, { context: SENDER })).toEqual([
    { source: bytes('web') },
    { traceparent: TRACEPARENT },
    { tracestate: TRACESTATE },
    { baggage: BAGGAGE },
  ])
  expect(travelled(extractTraceContext(headers.map((header) => bytesOf(header))))).toEqual(ALL_OF_IT)
})

function bytesOf(header: Record<string, string | Buffer>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [name, Buffer.from(value)]))
}

test('a message and publish options of amqplib have headers', () => {
  const options: { persistent: boolean; headers?: object | undefined } = { persistent: true, headers: undefined }
  injectTraceContext(options, { context: SENDER })
  expect(options).toEqual({ persistent: true, headers: FIELDS })
  expect(travelled(extractTraceContext({ content: bytes(''), fields: {}, properties: options }))).toEqual(ALL_OF_IT)
})

test('a message of amqplib without headers gets them', () => {
  const message = { fields: { routingKey: 'orders' }, properties: {} }
  expect(injectTraceContext(message, { context: SENDER }).properties).toEqual({ headers: FIELDS })
})

test('user properties of MQTT 5 are those of the options, of a packet, or of its properties', () => {
  const options = { qos: 1, properties: { messageExpiryInterval: 60 } }
  injectTraceContext(options, { context: SENDER })
  expect(options.properties).toEqual({ messageExpiryInterval: 60, userProperties: FIELDS })
  const twice = { ...FIELDS, traceparent: [TRACEPARENT, TRACEPARENT] }
  expect(travelled(extractTraceContext({ properties: { userProperties: twice } }))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext({ userProperties: FIELDS }))).toEqual(ALL_OF_IT)
})

test('headers of NATS are found in any case', () => {
  const headers = new NatsHeaders()
  headers.append('Traceparent', TRACEPARENT)
  headers.append('TRACESTATE', TRACESTATE)
  headers.append('baggage', BAGGAGE)
  expect(travelled(extractTraceContext({ subject: 'orders', headers }))).toEqual(ALL_OF_IT)
})

test('a header of NATS that is replaced does not stay in another case', () => {
  const headers = new NatsHeaders()
  headers.append('Traceparent', 'stale')
  injectTraceContext(headers, { context: SENDER })
  expect(headers.keys()).toEqual(['traceparent', 'tracestate', 'baggage'])
})

test('gRPC metadata is written and read, and keeps its other entries', () => {
  const metadata = new Metadata()
  metadata.set('authorization', 'Bearer secret')
  metadata.set('payload-bin', bytes('binary'))
  injectTraceContext(metadata, { context: SENDER })
  const received = metadata.toHttp2Headers() as IncomingHttpHeaders
  expect(received).toMatchObject({ ...FIELDS, authorization: 'Bearer secret' })
  expect(travelled(extractTraceContext(Metadata.fromHttp2Headers(received)))).toEqual(ALL_OF_IT)
})

test('a job of BullMQ has the trace in its options, where BullMQ’s telemetry looks for it', () => {
  const job = { name: 'send', data: { to: 'a@example.org' }, opts: { delay: 5 } }
  injectTraceContext(job, { context: SENDER })
  expect(job).toEqual({
    name: 'send',
    data: { to: 'a@example.org' },
    opts: { delay: 5, telemetry: { metadata: JSON.stringify(FIELDS) } },
  })
})

test('a job of BullMQ is read from its options, or else from its data', () => {
  const opts = { telemetry: { metadata: JSON.stringify(FIELDS) } }
  expect(travelled(extractTraceContext({ name: 'send', data: {}, opts }))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext({ name: 'send', data: FIELDS, opts: {} }))).toEqual(ALL_OF_IT)
  for (const metadata of ['', '{', 'null', '"text"', 5, `{"traceparent":"${'a'.repeat(100_000)}"}`]) {
    const received = extractTraceContext({ name: 'send', data: FIELDS, opts: { telemetry: { metadata } } })
    expect(travelled(received)).toEqual(ALL_OF_IT)
  }
})

test('a job that is to omit its context gets none', () => {
  const job = { name: 'send', data: {}, opts: { telemetry: { omitContext: true } } }
  injectTraceContext(job, { context: SENDER })
  expect(job.opts).toEqual({ telemetry: { omitContext: true } })
})

test('data of a job gets keys of its own', () => {
  expect(injectTraceContext({ to: 'a@example.org' }, { context: SENDER })).toEqual({ to: 'a@example.org', ...FIELDS })
})

test('what looks a little like a message is a plain object', () => {
  for (const data of [
    { properties: { color: 'red' } },
    { headers: 'id,name' },
    { name: 'Ann', data: 1 },
    { Message: 'hi' },
  ]) {
    injectTraceContext(data, { context: SENDER })
    expect(data).toMatchObject(FIELDS)
    expect(trace.getSpanContext(extractTraceContext(data))?.traceId).toBe(TRACE_ID)
  }
})
