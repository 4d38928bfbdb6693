import { context, propagation, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startTracing, type Tracing, type TrustIncoming } from '../../src/index.js'

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
