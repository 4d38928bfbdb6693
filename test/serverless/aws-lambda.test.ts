import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray'
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { processWide } from '../../src/internal/runtime/process-wide.js'
import { setRunningFlush } from '../../src/internal/process-exit/running-flush.js'
import { tracedLambda } from '../../src/serverless/aws-lambda.js'
import { TestTracing } from '../spans/tracing.js'
import * as events from '../fixtures/middleware/lambda-events.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const lambda = {
  functionName: 'shop-orders',
  awsRequestId: '8f507cfc-1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:shop-orders',
}

beforeEach(() => {
  processWide('lambda-environment', () => ({ isWarm: false })).isWarm = false
})

describe('HTTP', () => {
  test.each([
    [
      'API Gateway, payload format 1.0',
      events.restApi,
      'GET /pets/{id}',
      '/pets/{id}',
      'GET',
      '/pets/7',
      'q=a%20b&tag=x&tag=y',
    ],
    ['API Gateway, payload format 2.0', events.httpApi, 'POST /pets/{id}', '/pets/{id}', 'POST', '/pets/7', 'q=a%20b'],
    ['a function URL', events.functionUrl, 'GET', undefined, 'GET', '/pets/7', undefined],
    ['a load balancer', events.loadBalancer, 'GET', undefined, 'GET', '/pets/7', 'q=a%20b'],
  ])('%s: a SERVER span in the trace of the request', async (_what, event, name, route, method, path, query) => {
    const tracing = new TestTracing()
    const seen: unknown[] = []
    const handler = tracedLambda(async (_event: unknown, _context: unknown) => {
      await Promise.resolve()
      seen.push(trace.getActiveSpan()?.spanContext().traceId, propagation.getActiveBaggage()?.getEntry('tenant')?.value)
      return { statusCode: 201, body: 'ok' }
    })
    expect(await handler(event, lambda)).toEqual({ statusCode: 201, body: 'ok' })
    expect(seen).toEqual([TRACE, 'blue'])
    const span = tracing.named(name)
    expect(span.kind).toBe(SpanKind.SERVER)
    expect(span.spanContext().traceId).toBe(TRACE)
    const { attributes } = span
    expect(attributes).toMatchObject({
      'faas.trigger': 'http',
      'faas.invocation_id': '8f507cfc-1',
      'faas.coldstart': true,
      'cloud.resource_id': lambda.invokedFunctionArn,
      'cloud.account.id': '123456789012',
      'http.request.method': method,
      'http.response.status_code': 201,
      'url.scheme': 'https',
      'url.path': path,
      'server.address': 'shop.example',
      'client.address': '192.0.2.1',
      'user_agent.original': 'test/1',
    })
    expect(attributes['http.route']).toBe(route)
    expect(attributes['url.query']).toBe(query)
  })

  test('a result without a status is a 200 where the gateway takes it for one', async () => {
    const tracing = new TestTracing()
    await tracedLambda(() => ({ ok: true }))(...([events.httpApi, lambda] as unknown as []))
    await tracedLambda(() => ({ ok: true }))(...([events.restApi, lambda] as unknown as []))
    expect(tracing.ended.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200, undefined])
  })

  test('answers of 5xx and thrown errors are errors, 4xx is none', async () => {
    const tracing = new TestTracing()
    const answering = (statusCode: number) =>
      tracedLambda((_event: unknown, _context: unknown) => ({ statusCode }))(events.restApi, lambda)
    await answering(404)
    await answering(503)
    const error = new Error('boom', { cause: new Error('the reason') })
    const failing = tracedLambda((_event: unknown, _context: unknown) => Promise.reject(error))
    await expect(failing(events.restApi, lambda)).rejects.toBe(error)
    expect(tracing.ended.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.ERROR,
      SpanStatusCode.ERROR,
    ])
    const [exception, ...others] = tracing.ended[2]?.events ?? []
    expect(exception?.attributes?.['exception.stacktrace']).toContain('Caused by: Error: the reason')
    expect(others).toEqual([])
  })

  test('tells the caller the trace, in a copy of the result', async () => {
    const tracing = new TestTracing()
    const result = { statusCode: 200, headers: { 'Server-Timing': 'db;dur=5' }, body: 'ok' }
    const options = { traceResponseHeaders: ['traceresponse', 'server-timing'] as const }
    const handler = tracedLambda((_event: unknown, _context: unknown) => result, options)
    const answer = await handler(events.httpApi, lambda)
    const { traceId, spanId } = tracing.named('POST /pets/{id}').spanContext()
    expect(answer).toEqual({
      ...result,
      headers: {
        'Server-Timing': `db;dur=5, traceparent;desc="00-${traceId}-${spanId}-01"`,
        'access-control-expose-headers': 'Server-Timing',
        traceresponse: `00-${traceId}-${spanId}-01`,
      },
    })
    expect(result.headers).toEqual({ 'Server-Timing': 'db;dur=5' })
  })
})

describe('messages', () => {
  test('a batch of SQS has links to all senders, and a trace of its own', async () => {
    const tracing = new TestTracing()
    propagation.disable()
    const propagators = [new AWSXRayPropagator(), new W3CTraceContextPropagator()]
    propagation.setGlobalPropagator(new CompositePropagator({ propagators }))
    await tracedLambda((_event: unknown, _context: unknown) => {})(events.queue, lambda)
    const span = tracing.named('process orders')
    expect(span.kind).toBe(SpanKind.CONSUMER)
    expect(span.parentSpanContext).toBeUndefined()
    expect(span.links.map(({ context: { traceId }, attributes }) => [traceId, attributes])).toEqual([
      [TRACE, { 'messaging.message.id': 'm-1' }],
      ['1af7651916cd43dd8448eb211c80319d', { 'messaging.message.id': 'm-3' }],
    ])
    expect(span.attributes).toMatchObject({
      'faas.trigger': 'pubsub',
      'messaging.system.name': 'aws.sqs',
      'messaging.destination.name': 'orders',
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': 3,
    })
  })

  test('a single message hands over its baggage', async () => {
    const tracing = new TestTracing()
    const tenant = await tracedLambda(
      (_event: unknown, _context: unknown) => propagation.getActiveBaggage()?.getEntry('tenant')?.value,
    )(events.topic, lambda)
    expect(tenant).toBe('blue')
    const span = tracing.named('process order-events')
    expect(span.attributes['messaging.system.name']).toBe('aws.sns')
    expect(span.links.map(({ context: { traceId } }) => traceId)).toEqual([TRACE])
    expect(span.spanContext().traceId).not.toBe(TRACE)
  })

  test.each([
    ['Kafka', events.kafka, 'process clicks', 'pubsub', 1],
    ['Kinesis', events.kinesis, 'process clicks', 'pubsub', 0],
    ['a DynamoDB stream', events.dynamo, 'shop-orders', 'datasource', 0],
    ['S3', events.bucket, 'shop-orders', 'datasource', 0],
    ['EventBridge', events.eventBus, 'shop-orders', 'pubsub', 0],
  ])('%s', async (_what, event, name, trigger, links) => {
    const tracing = new TestTracing()
    await tracedLambda((_event: unknown, _context: unknown) => {})(event, lambda)
    const span = tracing.named(name)
    expect(span.kind).toBe(SpanKind.CONSUMER)
    expect(span.attributes['faas.trigger']).toBe(trigger)
    expect(span.links).toHaveLength(links)
  })
})

describe('calls', () => {
  test('a schedule is a SERVER span with the name of the function', async () => {
    const tracing = new TestTracing()
    await tracedLambda((_event: unknown, _context: unknown) => {})(events.schedule, lambda)
    const span = tracing.named('shop-orders')
    expect([span.kind, span.attributes['faas.trigger']]).toEqual([SpanKind.SERVER, 'timer'])
  })

  test('a direct call continues the trace of its client context', async () => {
    const tracing = new TestTracing()
    const clientContext = { custom: { traceparent: `00-${TRACE}-b7ad6b7169203331-01` } }
    await tracedLambda((_event: unknown, _context: unknown) => {})({ order: 1 }, { ...lambda, clientContext })
    const span = tracing.named('shop-orders')
    expect([span.kind, span.attributes['faas.trigger']]).toEqual([SpanKind.SERVER, 'other'])
    expect(span.spanContext().traceId).toBe(TRACE)
  })

  test.each([
    undefined,
    null,
    'text',
    7,
    [],
    { Records: [] },
    { Records: [null] },
    { requestContext: null },
    { headers: 3 },
  ])('an event of any shape is handled: %j', async (event) => {
    const tracing = new TestTracing()
    expect(await tracedLambda((given: unknown, _context: unknown) => [given])(event, lambda)).toEqual([event])
    expect(tracing.ended.length).toBeLessThanOrEqual(1)
  })

  test('only the first call is a cold start', async () => {
    const tracing = new TestTracing()
    const handler = tracedLambda((_event: unknown, _context: unknown) => {})
    await handler({}, lambda)
    await handler({}, lambda)
    expect(tracing.ended.map(({ attributes }) => attributes['faas.coldstart'])).toEqual([true, false])
  })
})

describe('handlers', () => {
  test('one that answers through a callback', async () => {
    const tracing = new TestTracing()
    type Callback = (error: unknown, result?: string) => void
    const handler = tracedLambda((event: string, _context: unknown, callback: Callback): unknown =>
      setImmediate(() =>
        callback(event === 'bad' ? new Error('no') : null, trace.getActiveSpan()?.spanContext().traceId),
      ),
    )
    const callback: Callback = () => {
      expect.fail('the promise answers')
    }
    const result = await handler('good', lambda, callback)
    expect(result).toBe(tracing.ended[0]?.spanContext().traceId)
    await expect(handler('bad', lambda, callback)).rejects.toThrow('no')
    expect(tracing.ended[1]?.status.code).toBe(SpanStatusCode.ERROR)
  })

  test('a streaming one gets its stream, and the span ends with its promise', async () => {
    const tracing = new TestTracing()
    const parts: string[] = []
    const stream = { write: (part: string) => parts.push(part) }
    const streaming = Object.assign(
      async (_event: unknown, out: typeof stream, _context: unknown) => {
        out.write('first')
        await Promise.resolve()
        expect(tracing.ended).toEqual([])
        out.write('last')
      },
      { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' },
    )
    const handler = tracedLambda(streaming)
    await handler(events.functionUrl, stream, lambda)
    expect(parts).toEqual(['first', 'last'])
    expect(tracing.names).toEqual(['GET'])
    expect(handler).toMatchObject({ [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' })
  })

  test('keeps this, name and what the runtime looks at', async () => {
    new TestTracing()
    const object = {
      value: 7,
      run: tracedLambda(async function run(
        this: { value: number },
        _event: unknown,
        _context: unknown,
        _callback: unknown,
      ) {
        return await Promise.resolve(this.value)
      }),
    }
    expect(await object.run({}, lambda, undefined)).toBe(7)
    expect([object.run.name, object.run.length]).toEqual(['run', 2])
  })

  test('flushes after the span has ended, before the result is handed on', async () => {
    const tracing = new TestTracing()
    const order: unknown[] = []
    setRunningFlush(({ timeoutMillis }) => {
      order.push([tracing.names, timeoutMillis])
      return Promise.resolve()
    })
    try {
      await tracedLambda(() => {}, { timeoutMillis: 50 })()
      order.push('answered')
    } finally {
      setRunningFlush(undefined)
    }
    expect(order).toEqual([[['lambda'], 50], 'answered'])
  })

  test('beside the instrumentation of Lambda there is one span, which is named to the caller', async () => {
    const tracing = new TestTracing()
    const span = trace.getTracer('instrumentation').startSpan('shop-orders', { kind: SpanKind.SERVER })
    const handler = tracedLambda((_event: unknown, _context: unknown) => ({ statusCode: 200 }), {
      traceResponseHeaders: ['traceresponse'],
    })
    const answer = await context.with(trace.setSpan(context.active(), span), () => handler(events.httpApi, lambda))
    span.end()
    expect(tracing.names).toEqual(['shop-orders'])
    expect(answer).toMatchObject({
      headers: { traceresponse: expect.stringContaining(span.spanContext().spanId) as string },
    })
  })

  test.each([
    ['recorded', true],
    ['not recorded', false],
  ])('a call beside the instrumentation of Lambda, %s, has no span of ours', async (_what, isRecorded) => {
    const tracing = new TestTracing()
    const tracer = isRecorded
      ? trace.getTracer('instrumentation')
      : new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('instrumentation')
    const span = tracer.startSpan('shop-orders', { kind: SpanKind.SERVER })
    const handler = tracedLambda((_event: unknown, _context: unknown) => trace.getActiveSpan())
    const seen = await context.with(trace.setSpan(context.active(), span), () => handler({}, lambda))
    expect(seen).toBe(span)
    expect(tracing.ended).toEqual([])
  })

  test('events that are ignored have no span', async () => {
    const tracing = new TestTracing()
    const ignore = vi.fn((event: unknown) => (event as { warmer?: boolean }).warmer === true)
    const handler = tracedLambda((_event: unknown, _context: unknown) => 'warm', { ignore })
    expect(await handler({ warmer: true }, lambda)).toBe('warm')
    expect(tracing.ended).toEqual([])
  })

  test('wrong options are refused at once', () => {
    expect(() => tracedLambda(undefined as never)).toThrow('handler must be a function, got undefined')
    expect(() => tracedLambda(() => {}, { timeoutMilis: 1 } as never)).toThrow('timeoutMilis must be one of')
    expect(() => tracedLambda(() => {}, { timeoutMillis: -1 })).toThrow('timeoutMillis must be a number from 0')
  })
})
