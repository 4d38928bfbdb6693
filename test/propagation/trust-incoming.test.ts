import { context, propagation, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api'
import { createRequire } from 'node:module'
import { createServer, type RequestListener } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  alwaysOff,
  alwaysOn,
  parentBased,
  probabilitySampler,
  startTracing,
  tracingKoa,
  type KoaMiddleware,
  type PropagatorName,
  type Tracing,
  type TracingOptions,
  type TrustIncoming,
} from '../../src/index.js'
import { listening } from '../middleware/listening.js'
import { EndedSpans } from '../tracer/ended-spans.js'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

let tracing: Tracing | undefined
afterEach(async () => {
  await tracing?.shutdown()
  vi.restoreAllMocks()
})

function extracted(trustIncoming: TrustIncoming, headers: Record<string, string>, more: object = {}): Context {
  tracing = startTracing({ trustIncoming, traceExporter: 'none', instrumentations: [], ...more })
  return propagation.extract(ROOT_CONTEXT, { traceparent: TRACEPARENT, baggage: 'user=ann', ...headers })
}

const isContinued = (received: Context): boolean =>
  trace.getSpanContext(received) !== undefined && propagation.getBaggage(received) !== undefined

const fromGateway: TrustIncoming = (header) => header('x-from-gateway') === 'yes'

describe('a function', () => {
  test('has what it trusts continued', () => {
    expect(isContinued(extracted(fromGateway, { 'x-from-gateway': 'yes' }))).toBe(true)
  })

  test('has anything else start anew, without its baggage', () => {
    const received = extracted(fromGateway, { 'x-from-gateway': 'no' })
    expect(trace.getSpanContext(received)).toBeUndefined()
    expect(propagation.getBaggage(received)).toBeUndefined()
  })

  test('that throws trusts nobody, and is logged once', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const throwing: TrustIncoming = () => {
      throw new Error('no such thing')
    }
    expect(isContinued(extracted(throwing, {}))).toBe(false)
    expect(isContinued(propagation.extract(ROOT_CONTEXT, { traceparent: TRACEPARENT }))).toBe(false)
    expect(write.mock.calls.map(([text]) => text)).toEqual([
      'spanwright: trustIncoming failed, the headers are not trusted: no such thing\n',
    ])
  })

  test('that answers with anything but true trusts nobody', () => {
    expect(isContinued(extracted((() => 'yes') as unknown as TrustIncoming, {}))).toBe(false)
  })
})

test('who knows the secret of `force` may ask for a trace also where nobody is trusted', () => {
  const force = { header: 'x-trace-me', secret: 'a secret of sixteen characters' }
  const received = extracted(false, { 'x-trace-me': force.secret }, { force, sampler: neverSampler })
  const span = trace.getTracer('app').startSpan('forced', {}, received)
  expect(span.isRecording()).toBe(true)
  const other = context.with(ROOT_CONTEXT, () => trace.getTracer('app').startSpan('other'))
  expect(other.isRecording()).toBe(false)
})

const neverSampler = { shouldSample: () => ({ decision: 0 }), toString: () => 'Never' }

const IDS = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
const COLONS = '0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0'
const XRAY = 'Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331'
const DATADOG = { 'x-datadog-trace-id': '7', 'x-datadog-parent-id': '8' }

describe('what a caller may force', () => {
  const isRecorded = (trustIncoming: boolean, headers: Record<string, string>, more: TracingOptions): boolean => {
    const received = extracted(trustIncoming, { traceparent: '', ...headers }, more)
    return trace.getTracer('app').startSpan('work', {}, received).isRecording()
  }

  test.each<[string, PropagatorName, Record<string, string>]>([
    ['traceparent with the flag 01', 'tracecontext', { traceparent: `00-${IDS}-01` }],
    ['b3 with the flag 1', 'b3', { b3: `${IDS}-1` }],
    ['b3 with the debug flag', 'b3', { b3: `${IDS}-d` }],
    [
      'x-b3-flags of 1, the debug flag',
      'b3multi',
      { 'x-b3-traceid': IDS.slice(0, 32), 'x-b3-spanid': IDS.slice(33), 'x-b3-flags': '1' },
    ],
    ['uber-trace-id with the flag 1', 'jaeger', { 'uber-trace-id': `${COLONS}:1` }],
    ['uber-trace-id with the debug flag', 'jaeger', { 'uber-trace-id': `${COLONS}:2` }],
    ['x-amzn-trace-id with Sampled=1', 'xray', { 'x-amzn-trace-id': `${XRAY};Sampled=1` }],
    ['a priority of 2 of Datadog', 'datadog', { ...DATADOG, 'x-datadog-sampling-priority': '2' }],
  ])('to keep: %s, with a sampler that follows parents; not where nobody is trusted', async (_what, name, headers) => {
    const more = { sampler: parentBased(alwaysOff()), propagators: [name] }
    expect(isRecorded(true, headers, more)).toBe(true)
    await tracing?.shutdown()
    expect(isRecorded(false, headers, more)).toBe(false)
  })

  test('to hide: traceparent with the flag 00, with a sampler that follows parents; not where nobody is trusted', async () => {
    const headers = { traceparent: `00-${IDS}-00` }
    const more = { sampler: parentBased(alwaysOn()) }
    expect(isRecorded(true, headers, more)).toBe(false)
    await tracing?.shutdown()
    expect(isRecorded(false, headers, more)).toBe(true)
  })

  test('to keep: rv in tracestate, with a sampler by probability; not where nobody is trusted', async () => {
    const headers = { traceparent: `00-${IDS}-00`, tracestate: 'ot=rv:ffffffffffffff' }
    const more = { sampler: probabilitySampler(1e-9) }
    expect(isRecorded(true, headers, more)).toBe(true)
    await tracing?.shutdown()
    expect(isRecorded(false, headers, more)).toBe(false)
  })

  test('the weight of a kept span: th in tracestate; not where nobody is trusted', async () => {
    const headers = { traceparent: `00-${IDS}-01`, tracestate: 'ot=th:8;rv:ffffffffffffff' }
    const stateOf = (trustIncoming: boolean): string | undefined => {
      const received = extracted(trustIncoming, headers, { sampler: parentBased(alwaysOn()) })
      return trace.getTracer('app').startSpan('work', {}, received).spanContext().traceState?.get('ot')
    }
    expect(stateOf(true)).toContain('th:8')
    await tracing?.shutdown()
    expect(stateOf(false)).not.toContain('th:8')
  })

  test('nothing by jaeger-debug-id, nor by a header of `force` without its secret', () => {
    const force = { header: 'x-trace-me', secret: 'a secret of sixteen characters' }
    const headers = { 'jaeger-debug-id': 'mine', 'x-trace-me': 'a guess' }
    expect(isRecorded(true, headers, { force, sampler: alwaysOff(), propagators: ['jaeger'] })).toBe(false)
  })
})

test('the span of a middleware has the link to the trace outside, too', async () => {
  const Koa = createRequire(import.meta.url)('koa') as new () => {
    use(middleware: KoaMiddleware): unknown
    callback(): RequestListener
  }
  const spans = new EndedSpans()
  tracing = startTracing({ trustIncoming: false, spanProcessors: [spans], instrumentations: [] })
  const koa = new Koa()
  koa.use(tracingKoa())
  const app = await listening(createServer(koa.callback()))
  const answer = await fetch(app.url, { headers: { traceparent: TRACEPARENT } })
  await answer.text()
  await vi.waitFor(() => expect(spans.ended).toHaveLength(1))
  app.close()
  const [span] = spans.ended
  expect(span?.parentSpanContext).toBeUndefined()
  expect(span?.links).toMatchObject([{ context: { traceId: IDS.slice(0, 32), spanId: IDS.slice(33) } }])
})
