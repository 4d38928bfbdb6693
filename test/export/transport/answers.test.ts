import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Retryable } from '../../../src/export/transport/transport.js'
import { otlpSink, type OtlpSink, type SinkBehaviour } from '../../helpers/otlp-sink.js'
import { connect, connectTo, encoded, PROTOCOLS } from './connect.js'

let sink: OtlpSink
beforeEach(async () => {
  sink = await otlpSink()
})
afterEach(async () => {
  expect(sink.faults).toEqual([])
  await sink.close()
})

const COME_AGAIN: Retryable = {
  kind: 'retryable',
  reason: expect.any(String) as string,
  retryAfterMillis: undefined,
  isUnreachable: false,
  mayHaveArrived: false,
}

describe.each(PROTOCOLS)('over %s', (protocol) => {
  const send = (timeoutMillis = 2_000): Promise<unknown> =>
    connect(protocol, sink).send(encoded(protocol, 3), timeoutMillis)

  test('spans that are taken are accepted', async () => {
    expect(await send()).toEqual({ kind: 'success', rejectedSpans: 0, message: '' })
    expect(sink.spans().map(({ name }) => name)).toEqual(['span 1', 'span 2', 'span 3'])
    expect(sink.requests[0]?.protocol).toBe(protocol)
  })

  test('a partial success is accepted, with what was not taken and why', async () => {
    sink.respondWith({ kind: 'partialSuccess', rejectedSpans: 2, errorMessage: 'too\nold' })
    expect(await send()).toEqual({ kind: 'success', rejectedSpans: 2, message: 'too old' })
  })

  test('each of several attempts at once gets its own partial success', async () => {
    const transport = connect(protocol, sink)
    sink.respondWith(({ spans: { length } }) => ({
      kind: 'slow',
      millis: length === 1 ? 60 : 5 * (20 - length),
      ...(length > 1 && { then: { kind: 'partialSuccess', rejectedSpans: length, errorMessage: `of ${length}` } }),
    }))
    const counts = Array.from({ length: 12 }, (_, index) => index + 1)
    const answers = await Promise.all(counts.map((count) => transport.send(encoded(protocol, count), 2_000)))
    expect(answers).toEqual(
      counts.map((count) => ({
        kind: 'success',
        rejectedSpans: count === 1 ? 0 : count,
        message: count === 1 ? '' : `of ${count}`,
      })),
    )
  })

  test.each<[SinkBehaviour & { kind: 'status' }, string]>([
    [{ kind: 'status', http: 400, grpc: 3, message: 'span name is missing' }, 'span name is missing'],
    [{ kind: 'status', http: 401, grpc: 16, message: 'no\u001b[31m token' }, 'no [31m token'],
    [{ kind: 'status', http: 500, grpc: 13, message: 'x'.repeat(500) }, `${'x'.repeat(199)}…`],
  ])('a refusal is told in the words of the server', async (behaviour, words) => {
    sink.respondWith(behaviour)
    const { http = 0, grpc = 0 } = behaviour
    const http11 = { 400: 'Bad Request', 401: 'Unauthorized', 500: 'Internal Server Error' }[http]
    const rpc = { 3: 'INVALID_ARGUMENT', 16: 'UNAUTHENTICATED', 13: 'INTERNAL' }[grpc]
    const reason = protocol === 'grpc' ? `${rpc}: ${words}` : `HTTP ${http} ${http11}: ${words}`
    expect(await send()).toEqual({ kind: 'permanent', reason })
    expect(sink.requests).toHaveLength(1)
  })

  const retryable = protocol === 'grpc' ? [1, 4, 8, 10, 11, 14, 15] : [429, 502, 503, 504]
  test.each(retryable)('after status %i another attempt may go better', async (code) => {
    sink.respondWith({ kind: 'status', [protocol === 'grpc' ? 'grpc' : 'http']: code, message: 'busy' })
    const answer = await send()
    // The server says itself that it had no answer in time: what became of the spans, nobody knows.
    const mayHaveArrived = protocol === 'grpc' && code === 4
    expect(answer).toEqual({ ...COME_AGAIN, mayHaveArrived, reason: expect.stringMatching(/^.+: busy$/) as string })
    expect(sink.requests).toHaveLength(1)
  })

  const final = protocol === 'grpc' ? [2, 3, 5, 6, 7, 9, 12, 13, 16] : [301, 400, 401, 403, 404, 408, 500, 501]
  test.each(final)('after status %i the spans are refused', async (code) => {
    sink.respondWith({ kind: 'status', [protocol === 'grpc' ? 'grpc' : 'http']: code })
    expect(await send()).toMatchObject({ kind: 'permanent' })
    expect(sink.requests).toHaveLength(1)
  })

  test('what is too large may do in halves', async () => {
    sink.respondWith({ kind: 'status', http: 413, grpc: 8, message: 'received message larger than max (43 vs. 42)' })
    expect(await send()).toMatchObject({ kind: 'too-large', reason: expect.stringContaining('larger') as string })
  })

  test('throttling says when to come back, where the server does', async () => {
    sink.respondWith({ kind: 'status', grpc: 8, message: 'slow down', retryAfterSeconds: 7 })
    expect(await send()).toMatchObject({ kind: 'retryable', retryAfterMillis: 7_000 })
    sink.respondWith({ kind: 'status', grpc: 14, retryAfterSeconds: 2 })
    expect(await send()).toMatchObject({ kind: 'retryable', retryAfterMillis: 2_000 })
  })

  test('a connection that is cut under a request may have brought it', async () => {
    sink.respondWith({ kind: 'reset' })
    expect(await send()).toEqual({
      ...COME_AGAIN,
      mayHaveArrived: true,
      reason: expect.stringContaining('ECONNRESET') as string,
    })
  })

  test('a backend that hangs is left when the time is up, and may have the spans', async () => {
    sink.respondWith({ kind: 'hang' })
    const start = performance.now()
    const reason = `${protocol === 'grpc' ? 'DEADLINE_EXCEEDED: ' : ''}no answer in 150 ms`
    expect(await send(150)).toEqual({ ...COME_AGAIN, mayHaveArrived: true, reason })
    expect(performance.now() - start).toBeLessThan(600)
  })

  test('a backend that answers a byte at a time is left when the time is up', async () => {
    sink.respondWith({ kind: 'drip', everyMillis: 50 })
    expect(await send(160)).toEqual({
      ...COME_AGAIN,
      mayHaveArrived: true,
      reason: expect.stringContaining('no answer in 160 ms') as string,
    })
  })

  test('the timeout of the settings holds where it is the smaller one', async () => {
    sink.respondWith({ kind: 'hang' })
    const transport = connect(protocol, sink, { timeoutMillis: 120 })
    expect(await transport.send(encoded(protocol), 5_000)).toMatchObject({
      reason: expect.stringContaining('no answer in 120 ms') as string,
    })
  })

  test('a time without end is one', async () => {
    sink.respondWith({ kind: 'slow', millis: 30 })
    const transport = connect(protocol, sink, { timeoutMillis: 1e12 })
    expect(await transport.send(encoded(protocol), Infinity)).toMatchObject({ kind: 'success' })
  })

  test('where nobody listens, nobody is reached', async () => {
    await sink.down()
    const address = /127\.0\.0\.1:\d+/.exec(protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl)?.[0]
    const reason = `${protocol === 'grpc' ? 'UNAVAILABLE: ' : ''}connect ECONNREFUSED ${address}`
    expect(await send()).toEqual({ ...COME_AGAIN, isUnreachable: true, reason })
  })

  test('where no host has the name, nobody is reached', async () => {
    const transport = connectTo(protocol, 'http://nobody.invalid:4317')
    expect(await transport.send(encoded(protocol), 5_000)).toEqual({
      ...COME_AGAIN,
      isUnreachable: true,
      reason: expect.stringMatching(/Name resolution failed.*nobody\.invalid|ENOTFOUND nobody\.invalid/) as string,
    })
  })

  test('after an outage the next attempt connects at once', async () => {
    const transport = connect(protocol, sink)
    await sink.down()
    // grpc-js would wait longer after each: after the eighth for half a minute.
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      expect(await transport.send(encoded(protocol), 1_000)).toMatchObject({ isUnreachable: true })
    }
    await sink.up()
    expect(await transport.send(encoded(protocol), 1_000)).toMatchObject({ kind: 'success' })
  })

  test('a half-open connection is not used again', async () => {
    const transport = connect(protocol, sink)
    expect(await transport.send(encoded(protocol), 1_000)).toMatchObject({ kind: 'success' })
    sink.respondWith([{ kind: 'half-open' }, { kind: 'half-open' }])
    // The second still waits on that connection when the next attempt begins.
    const [first, second] = [200, 900].map((millis) => transport.send(encoded(protocol), millis))
    expect(await first).toEqual({ ...COME_AGAIN, mayHaveArrived: true, reason: expect.any(String) as string })
    expect(await transport.send(encoded(protocol), 300)).toMatchObject({ kind: 'success' })
    expect(await second).toMatchObject({ kind: 'retryable', mayHaveArrived: true })
  })
})
