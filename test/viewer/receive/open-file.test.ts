import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readTraceFile, type TraceFile } from '../../../src/viewer/receive/open-file.js'
import { EXPECTED_SPAN, OTLP_JSON, OTLP_MESSAGE, protobufRequest } from './encoded.js'

const read = (content: string | Uint8Array, name = 'trace.json'): TraceFile =>
  readTraceFile(typeof content === 'string' ? Buffer.from(content) : content, name)
const ids = ({ spans }: TraceFile): string[] => spans.map(({ spanId }) => spanId)

const LINE = JSON.stringify(OTLP_JSON)

describe('OTLP', () => {
  test.each([
    ['one message', LINE],
    ['one message over many lines', JSON.stringify(OTLP_JSON, null, 2)],
    [
      'a byte order mark and line ends of Windows',
      `\uFEFF${JSON.stringify(OTLP_JSON, null, 2).replaceAll('\n', '\r\n')}`,
    ],
    ['a message a line, logs and metrics among them', `\n{"resourceMetrics":[]}\n${LINE}\r\n{"resourceLogs":[]}\n`],
    ['gzip', gzipSync(LINE)],
    ['protobuf', protobufRequest(OTLP_MESSAGE)],
    ['a list of messages', `[${LINE}]`],
    ['the answer of a query', JSON.stringify({ trace: OTLP_JSON })],
    ['the names that Tempo has', JSON.stringify({ batches: OTLP_JSON.resourceSpans })],
  ])('is read: %s', (_what, content) => {
    const file = read(content)
    expect(file.problems).toEqual([])
    expect(file.spans).toHaveLength(1)
    expect(file.spans[0]).toMatchObject(EXPECTED_SPAN)
  })

  test('lines have logs, too', () => {
    const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }] }
    expect(read(`${LINE}\n${JSON.stringify(logs)}`).logs).toMatchObject([{ body: 'hello' }])
  })

  test('a line that is cut off is named, and costs no other', () => {
    const file = read(`${LINE}\n${LINE.slice(0, 100)}\n${LINE}\n`, 'spans.jsonl')
    expect(file.spans).toHaveLength(2)
    expect(file.problems).toEqual(['spans.jsonl:2: is no JSON'])
    expect(read(`${LINE.slice(0, 100)}\n${LINE}`)).toMatchObject({
      spans: [{}],
      problems: ['trace.json:1: is no JSON'],
    })
  })

  test('a message whose length is that of a brace is still one', () => {
    const name = 'x'.repeat(0x7b - 34)
    const spans = [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), name }]
    const bytes = protobufRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
    expect(String.fromCharCode(bytes[1] ?? 0)).toBe('{')
    expect(read(bytes)).toMatchObject({ spans: [{ name }], problems: [] })
  })
})

describe('Jaeger', () => {
  const trace = {
    traceID: 'abc',
    processes: {
      p1: { serviceName: 'frontend', tags: [{ key: 'hostname', type: 'string', value: 'a' }] },
      p2: { serviceName: 'stock', tags: [] },
    },
    spans: [
      {
        traceID: 'abc',
        spanID: 's1',
        operationName: 'GET /',
        references: [{ refType: 'FOLLOWS_FROM', traceID: 'other', spanID: 's0' }],
        startTime: 1_000,
        duration: 250,
        tags: [
          { key: 'span.kind', type: 'string', value: 'server' },
          { key: 'otel.scope.name', type: 'string', value: 'http' },
          { key: 'otel.status_code', type: 'string', value: 'ERROR' },
          { key: 'otel.status_description', type: 'string', value: 'it failed' },
        ],
        logs: [{ timestamp: 1_100, fields: [{ key: 'event', type: 'string', value: 'exception' }] }],
        processID: 'p1',
        warnings: null,
      },
      {
        traceID: 'abc',
        spanID: 's2',
        operationName: 'query',
        references: [{ refType: 'CHILD_OF', traceID: 'abc', spanID: 's1' }],
        startTime: 1_050,
        duration: 100,
        tags: [{ key: 'error', type: 'bool', value: true }],
        processID: 'p2',
      },
      {
        traceID: 'abc',
        spanID: 's3',
        operationName: 'query',
        references: [{ refType: 'FOLLOWS_FROM', traceID: 'abc', spanID: 's1' }],
        startTime: 1_150,
        tags: [{ key: 'error', type: 'string', value: 'a text' }],
        processID: 'p2',
      },
    ],
  }

  test.each([
    ['the answer of its API', { data: [trace], total: 0, errors: null }],
    ['one trace', trace],
    ['one trace within data', { data: trace }],
    ['a list of traces', [trace]],
  ])('is read: %s', (_what, content) => {
    const { spans, problems } = read(JSON.stringify(content))
    expect(problems).toEqual([])
    expect(spans).toMatchObject([
      {
        traceId: 'abc',
        spanId: 's1',
        parentSpanId: undefined,
        kind: 'server',
        startMicros: 1_000,
        endMicros: 1_250,
        status: 'error',
        statusMessage: 'it failed',
        links: [{ traceId: 'other', spanId: 's0' }],
        events: [{ name: 'exception', timeMicros: 1_100 }],
        resource: { service: 'frontend', attributes: { hostname: 'a' } },
        scope: { name: 'http' },
      },
      { parentSpanId: 's1', status: 'error', resource: { service: 'stock' } },
      { parentSpanId: 's1', status: 'unset', endMicros: undefined },
    ])
  })
})

describe('Zipkin', () => {
  const call = { traceId: 'a1', id: 'c1', name: 'get', timestamp: 1_000, duration: 100 }
  const client = { ...call, kind: 'CLIENT', localEndpoint: { serviceName: 'front' } }
  const server = {
    ...call,
    kind: 'SERVER',
    shared: true,
    timestamp: 1_020,
    duration: 60,
    localEndpoint: { serviceName: 'back' },
  }
  const spans = [client, server]
  const inService = (id: string, serviceName: string): object => ({
    traceId: 'a1',
    id,
    parentId: 'c1',
    name: 'work',
    timestamp: 1_030,
    duration: 5,
    localEndpoint: { serviceName },
  })

  test('the two halves of a call that share an id are two spans, the server below the client', () => {
    const file = read(JSON.stringify(spans))
    const [clientId, serverId] = ids(file)
    expect(clientId).toBe('c1')
    expect(serverId).not.toBe('c1')
    expect(file.spans).toMatchObject([
      { kind: 'client', parentSpanId: undefined, resource: { service: 'front' } },
      { kind: 'server', parentSpanId: 'c1', resource: { service: 'back' } },
    ])
    expect(ids(read(JSON.stringify(spans)))).toEqual([clientId, serverId])
  })

  test('children of a shared id belong to the half of their service, and to the server where neither is theirs', () => {
    const file = read(
      JSON.stringify([...spans, inService('d1', 'back'), inService('d2', 'front'), inService('d3', 'else')]),
    )
    const [, serverId] = ids(file)
    expect(file.spans.slice(2).map(({ parentSpanId }) => parentSpanId)).toEqual([serverId, 'c1', serverId])
  })

  test('a server whose client sent nothing keeps its id', () => {
    const file = read(JSON.stringify([{ ...server, parentId: 'b1' }]))
    expect(file.spans).toMatchObject([{ spanId: 'c1', parentSpanId: 'b1' }])
  })

  test('a server that leaves the time to its client has the client’s', () => {
    const { timestamp: _timestamp, duration: _duration, ...untimed } = server
    const [, half] = read(JSON.stringify([client, untimed])).spans
    expect(half).toMatchObject({ startMicros: 1_000, endMicros: undefined })
  })

  test('a span failed where it has the tag, whatever it says', () => {
    const tagged = (error: string): object => ({ ...client, id: `e${error.length}`, tags: { error } })
    const { spans: failed } = read(JSON.stringify([tagged('no such host'), tagged('true'), tagged('')]))
    expect(failed.map(({ status, statusMessage }) => [status, statusMessage])).toEqual([
      ['error', 'no such host'],
      ['error', ''],
      ['error', ''],
    ])
  })

  test('the other side has the names of today’s conventions', () => {
    const remoteEndpoint = { serviceName: 'mysql', ipv4: '10.0.0.1', port: 3306 }
    const annotations = [{ timestamp: 1_001, value: 'ws' }]
    const [span] = read(JSON.stringify([{ ...client, remoteEndpoint, annotations, tags: { 'http.path': '/' } }])).spans
    expect(span).toMatchObject({
      attributes: {
        'http.path': '/',
        'peer.service': 'mysql',
        'network.peer.address': '10.0.0.1',
        'network.peer.port': 3306,
      },
      events: [{ name: 'ws', timeMicros: 1_001 }],
    })
  })

  test('lists of lists are read', () => {
    expect(ids(read(JSON.stringify([spans, [{ ...client, traceId: 'a2' }]])))).toHaveLength(3)
  })
})

describe('what is no trace', () => {
  test.each([
    ['', /is empty/],
    ['   \n ', /is empty/],
    ['{"name": "my-app", "version": "1.0.0"}', /holds no trace that is known here \(OTLP JSON/],
    ['{"resourceSpans": [', /is no JSON: /],
    ['hello', /holds no trace/],
    ['[1, 2]', /holds no trace/],
  ])('is named: %j', (content, problem) => {
    const file = read(content, 'some file.json')
    expect(file.spans).toEqual([])
    expect(file.problems[0]).toMatch(problem)
    expect(file.problems[0]).toMatch(/^some file\.json/)
  })

  test('a damaged gzip file is named as such', () => {
    expect(read(gzipSync(LINE).subarray(0, 60)).problems).toEqual(['trace.json: is compressed by gzip, and damaged'])
  })

  test('a thousand lines that are no traces are a few problems', () => {
    expect(read('{"a":1}\n'.repeat(1_000)).problems).toHaveLength(6)
  })

  test('an answer without traces is no problem', () => {
    expect(read('{"data": []}').problems).toEqual([])
  })
})
