import {
  context,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanContext,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { RPCType, setRPCMetadata, type RPCMetadata } from '@opentelemetry/core'
import * as incubating from '@opentelemetry/semantic-conventions/incubating'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { conventionsForScope } from '../../../src/internal/conventions/for-scope.js'
import { CONVENTIONS, RENAMED } from '../../../src/internal/conventions/table.js'
import { CATALOGUE } from '../../../src/instrumentation/catalogue.js'
import { written } from './spans.js'

const OPT_IN = 'OTEL_SEMCONV_STABILITY_OPT_IN'
afterEach(() => {
  Reflect.deleteProperty(process.env, OPT_IN)
})

const unaryCall = (kind: SpanKind, code: number): ReturnType<typeof written> =>
  written(
    'grpc',
    {
      name: 'grpc.shop.Items/Get',
      kind,
      attributes: { 'rpc.system': 'grpc', 'rpc.service': 'shop.Items', 'rpc.method': 'Get' },
    },
    (span) => {
      span.setAttribute('rpc.grpc.status_code', code)
      if (code !== 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'x' }).setAttribute('grpc.error_name', 'x')
    },
  )

describe('gRPC', () => {
  test('has a method with its service, a status by its name, and both in the name', () => {
    const { name, attributes } = unaryCall(SpanKind.CLIENT, 0)
    expect(name).toBe('shop.Items/Get')
    expect(attributes).toEqual({ 'rpc.system.name': 'grpc', 'rpc.method': 'shop.Items/Get', 'rpc.status_code': 'OK' })
  })

  test.each([
    [SpanKind.CLIENT, 5, SpanStatusCode.ERROR, 'NOT_FOUND'],
    [SpanKind.SERVER, 5, SpanStatusCode.UNSET, undefined],
    [SpanKind.SERVER, 16, SpanStatusCode.UNSET, undefined],
    [SpanKind.SERVER, 13, SpanStatusCode.ERROR, 'INTERNAL'],
    [SpanKind.SERVER, 0, SpanStatusCode.UNSET, undefined],
  ])('kind %s with code %s ends with status %s', (kind, code, status, errorType) => {
    const span = unaryCall(kind, code)
    expect(span.status.code).toBe(status)
    expect(span.attributes['error.type']).toBe(errorType)
  })
})

describe('Next.js, which makes spans by itself', () => {
  const request = {
    name: 'GET /items/1',
    kind: SpanKind.SERVER,
    attributes: {
      'http.method': 'GET',
      'http.target': '/items/1?page=2',
      'next.span_type': 'BaseServer.handleRequest',
    },
  }
  const finish = (span: Span): Span =>
    span.setAttributes({ 'http.status_code': 200, 'http.route': '/items/[id]' }).updateName('GET /items/[id]')
  const inContext = <T>(spanContext: SpanContext, metadata: RPCMetadata | undefined, fn: () => T): T => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const withSpan = trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(spanContext))
    try {
      return context.with(metadata ? setRPCMetadata(withSpan, metadata) : withSpan, fn)
    } finally {
      context.disable()
    }
  }
  const above = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

  test('has one server span a request: that of http, which gets the route', () => {
    const metadata: RPCMetadata = { type: RPCType.HTTP, span: trace.wrapSpanContext(above) }
    const { name, kind, attributes } = inContext(above, metadata, () => written('next.js', request, finish))
    expect([name, kind]).toEqual(['GET /items/[id]', SpanKind.INTERNAL])
    expect(attributes).toEqual({
      'http.request.method': 'GET',
      'url.path': '/items/1',
      'url.query': 'page=2',
      'http.response.status_code': 200,
      'http.route': '/items/[id]',
      'next.span_type': 'BaseServer.handleRequest',
    })
    expect(metadata.route).toBe('/items/[id]')
  })

  test('has its own where http has none, also in the trace of a caller', () => {
    expect(written('next.js', request, finish).kind).toBe(SpanKind.SERVER)
    const remote = { ...above, isRemote: true }
    expect(inContext(remote, undefined, () => written('next.js', request, finish).kind)).toBe(SpanKind.SERVER)
  })

  test('leaves the call of a fetch to undici, and its URL out of the name', () => {
    const call = { name: 'fetch GET https://shop.example/items/1', kind: SpanKind.CLIENT }
    const { name, kind } = written('next.js', call)
    expect([name, kind]).toEqual(['fetch GET', SpanKind.INTERNAL])
  })
})

test('no source of a plugin without a name is in what @fastify/otel writes', () => {
  const source = 'async (app) => { -- app.get("/", async () => query("hunter2"))'
  const attributes = { 'hook.name': `${source} - route -> onRequest`, 'hook.callback.name': 'anonymous' }
  const span = written('@fastify/otel', { name: `handler - ${source}`, attributes })
  expect([span.name, span.attributes['hook.name']]).toEqual(['handler', 'route -> onRequest'])
  const withName = { 'hook.name': 'shop - route -> onRequest' }
  const other = written('@fastify/otel', { name: 'handler - one', attributes: withName })
  expect([other.name, other.attributes]).toEqual(['handler - one', withName])
})

test('a message of RabbitMQ is described by the current names', () => {
  const attributes = {
    'messaging.system': 'rabbitmq',
    'messaging.destination': 'orders',
    'messaging.destination_kind': 'topic',
    'messaging.rabbitmq.routing_key': 'eu',
    'messaging.operation': 'process',
    'messaging.message_id': '1',
    'messaging.protocol': 'AMQP',
    'messaging.protocol_version': '0.9.1',
    'messaging.url': 'amqp://localhost',
  }
  const { name, attributes: current } = written('amqplib', {
    name: 'print jobs process',
    kind: SpanKind.CONSUMER,
    attributes,
  })
  expect(name).toBe('process print jobs')
  expect(current).toEqual({
    'messaging.system.name': 'rabbitmq',
    'messaging.destination.name': 'orders',
    'rabbitmq.destination.routing_key': 'eu',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.message.id': '1',
    'network.protocol.name': 'amqp',
    'network.protocol.version': '0.9.1',
  })
  const given = { 'messaging.destination': '', 'messaging.rabbitmq.routing_key': 'mail' }
  const toQueue = written('amqplib', { name: 'publish <default>', kind: SpanKind.PRODUCER, attributes: given })
  expect([toQueue.name, toQueue.attributes['messaging.destination.name']]).toEqual(['publish amq.default', 'mail'])
  const publish = written('amqplib', { name: 'publish orders', kind: SpanKind.PRODUCER })
  expect([publish.name, publish.attributes]).toEqual([
    'publish orders',
    { 'messaging.operation.type': 'send', 'messaging.operation.name': 'publish' },
  ])
})

test('names that are current stay, whichever instrumentation writes them', () => {
  const attributes = { 'messaging.operation.name': 'send', 'messaging.operation.type': 'send', 'db.name': 'x' }
  expect(written('kafkajs', { name: 'send orders', attributes }).attributes).toEqual(attributes)
  for (const name of ['http', 'undici', 'express', 'mongodb', 'nobody']) {
    expect(conventionsForScope(`@opentelemetry/instrumentation-${name}`)).toBeUndefined()
  }
  expect(conventionsForScope('grpc')).toBeUndefined()
})

test('a layer of Koa that throws is an error, unless what it throws stands for an answer below 500', () => {
  const thrown = (error: Error): SpanStatusCode =>
    written('koa', { name: 'middleware - items' }, (span) => span.recordException(error)).status.code
  expect(thrown(new Error('down'))).toBe(SpanStatusCode.ERROR)
  expect(thrown(Object.assign(new Error('no such item'), { status: 404 }))).toBe(SpanStatusCode.UNSET)
  expect(thrown(Object.assign(new Error('down'), { statusCode: 503 }))).toBe(SpanStatusCode.ERROR)
})

test('an instrumentation that ends its spans twice is not complained of', () => {
  const warned: string[] = []
  diag.setLogger({ ...console, verbose: () => {}, warn: (line: string) => warned.push(line) })
  written('restify', { name: 'request handler - /items' }, (span) => span.end())
  expect(warned).toEqual([])
  written('koa', { name: 'middleware - items' }, (span) => span.end())
  diag.disable()
  expect(warned).toEqual([expect.stringContaining('end() came after the end')])
})

describe('OTEL_SEMCONV_STABILITY_OPT_IN', () => {
  const server: Attributes = {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/items',
    'url.query': 'a=b',
    'server.address': 'shop',
    'server.port': 80,
  }

  test('http/dup writes the former names of HTTP as well, also what is set later', () => {
    process.env[OPT_IN] = 'database, HTTP/dup'
    const { attributes } = written('http', { name: 'GET', kind: SpanKind.SERVER, attributes: server }, (span) => {
      span.setAttribute('http.response.status_code', 200).setAttributes({ 'client.address': '::1' })
    })
    expect(attributes).toEqual({
      ...server,
      'http.method': 'GET',
      'http.scheme': 'http',
      'http.target': '/items?a=b',
      'net.host.name': 'shop',
      'net.host.port': 80,
      'http.response.status_code': 200,
      'http.status_code': 200,
      'client.address': '::1',
      'http.client_ip': '::1',
    })
  })

  test('database/dup writes former names and values', () => {
    process.env[OPT_IN] = 'database/dup,database'
    const attributes = {
      'db.system.name': 'microsoft.sql_server',
      'db.query.text': 'SELECT id',
      'server.address': 'db',
    }
    expect(written('tedious', { name: 'execSql', kind: SpanKind.CLIENT, attributes }).attributes).toMatchObject({
      ...attributes,
      'db.system': 'mssql',
      'db.statement': 'SELECT id',
      'net.peer.name': 'db',
      'db.operation': 'SELECT',
    })
  })

  test('rpc/dup has both kinds of status', () => {
    process.env[OPT_IN] = 'rpc/dup'
    expect(unaryCall(SpanKind.SERVER, 5).attributes).toMatchObject({
      'rpc.status_code': 'NOT_FOUND',
      'rpc.grpc.status_code': 5,
      'rpc.service': 'shop.Items',
      'rpc.method': 'shop.Items/Get',
    })
  })

  test('without /dup changes nothing: the current names are there in any case', () => {
    process.env[OPT_IN] = 'http,database,messaging,rpc'
    const attributes = { 'db.system.name': 'redis' }
    expect(written('ioredis', { name: 'get', attributes }).attributes).toEqual(attributes)
  })
})

describe('the table', () => {
  const file = fileURLToPath(import.meta.resolve('@opentelemetry/semantic-conventions/incubating'))
  const declared = readFileSync(file.replace(/index-incubating\.\w+$/, 'experimental_attributes.d.cts'), 'utf8')
  const known = new Set<unknown>(Object.values(incubating))
  const isDeprecated = (name: string): boolean => {
    const before = declared.split(`: "${name}"`)[0] ?? ''
    return before.length < declared.length && (before.split('/**').at(-1) ?? '').includes('@deprecated')
  }

  test('leads to names that the semantic conventions have, and have not deprecated', () => {
    for (const { current, domain } of RENAMED) {
      if (current === undefined) continue
      expect(known, current).toContain(current)
      // Generative AI has moved to conventions of its own, where the name is the same.
      if (domain !== 'gen_ai') expect(isDeprecated(current), current).toBe(false)
    }
  })

  test('is of instrumentations that there are', () => {
    const names = new Set([...CATALOGUE.map(({ name }): string => name), '@fastify/otel', 'next.js'])
    expect(Object.keys(CONVENTIONS).filter((name) => !names.has(name))).toEqual([])
  })
})
