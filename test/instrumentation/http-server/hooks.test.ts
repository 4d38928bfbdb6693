import { propagation, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import { EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { withHttpHooks } from '../../../src/instrumentation/http/http-hooks.js'
import { writeHeadersOf } from '../../../src/propagation/node-response-headers.js'
import { writeTraceResponseHeaders } from '../../../src/propagation/response-headers.js'
import { EndedSpans } from '../../tracer/ended-spans.js'
import { TracerProvider } from '../../../src/tracer/tracer-provider.js'
import { activeId, GET } from './handled.js'
import { followContexts, lean, serve, traced, wentToUpstream } from './traced-servers.js'

beforeAll(() => {
  followContexts()
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('headers of the response tell the trace, as they do by the option', async () => {
  const config = withHttpHooks(
    'http',
    {},
    {
      onResponse: (span, response) =>
        writeHeadersOf(response, (headers) =>
          writeTraceResponseHeaders(headers, span.spanContext(), ['traceresponse', 'server-timing']),
        ),
    },
  )
  const { instrumentation, spans } = traced(lean, config)
  const seen: unknown[] = []
  await using server = await serve(instrumentation, (request, response) => {
    seen.push(wentToUpstream(request))
    response.writeHead(201, { 'server-timing': 'db;dur=5' }).end('done')
  })
  const answered = await server.send(GET)
  const { traceId, spanId } = spans.only.spanContext()
  expect(answered).toContain(`traceresponse: 00-${traceId}-${spanId}-01\r\n`)
  expect(answered).toMatch(new RegExp(`server-timing: .*traceparent;desc="00-${traceId}-${spanId}-01"`, 'i'))
  expect(answered).toContain('db;dur=5')
  expect(seen).toEqual([false])
})

test('a hook is called with span and response before the handler, in the context of the span', async () => {
  const calls: unknown[] = []
  const config: HttpInstrumentationConfig = {
    responseHook: (span, response) => {
      calls.push(response instanceof ServerResponse, span === trace.getActiveSpan())
      span.setAttribute('app.tenant', 'a')
    },
  }
  const { instrumentation, spans } = traced(lean, config)
  await using server = await serve(instrumentation, (_, response) => {
    calls.push('handler')
    response.end()
  })
  await server.send(GET)
  expect(calls).toEqual([true, true, 'handler'])
  expect(spans.only.attributes).toMatchObject({ 'app.tenant': 'a', 'http.response.status_code': 200 })
})

test('a hook that throws is logged once, and requests are answered', async () => {
  const logged: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => logged.push(String(text)) > 0)
  const config: HttpInstrumentationConfig = {
    responseHook: () => {
      throw new Error('of the hook')
    },
  }
  const { instrumentation, spans } = traced(lean, config)
  await using server = await serve(instrumentation, (_, response) => response.end('done'))
  for (let i = 0; i < 3; i++) expect(await server.send(GET)).toContain('done')
  expect(logged).toEqual(['spanwright: the responseHook of http failed: of the hook\n'])
  expect(spans.ended.map(({ status }) => status.code)).toEqual([0, 0, 0])
  expect(server.thrown).toEqual([])
})

test('a hook that comes later is the one that is called', async () => {
  const calls: string[] = []
  const { instrumentation } = traced(lean, { responseHook: () => calls.push('first') })
  await using server = await serve(instrumentation, (_, response) => response.end())
  await server.send(GET)
  instrumentation.setConfig({ responseHook: () => calls.push('second') })
  await server.send(GET)
  expect(calls).toEqual(['first', 'second'])
})

describe('what is thrown', () => {
  /** Upstream swallows these. */
  test.each([[undefined], [null], [0], ['']])('%o by a handler reaches the server as it is', async (thrown) => {
    const { instrumentation, spans } = traced(lean)
    await using server = await serve(instrumentation, () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything can be thrown
      throw thrown
    })
    await server.send(GET)
    expect(server.thrown).toEqual([thrown])
    expect(spans.only.status.code).toBe(2)
  })
})

describe('processors', () => {
  /** Where no span is active. */
  const outside = new EventEmitter()
  setInterval(() => outside.emit('run'), 1).unref()

  test('find the span active when it ends, as with upstream', async () => {
    const spans = new EndedSpans()
    const active: unknown[] = []
    const { instrumentation } = traced(lean)
    const noting = Object.assign(Object.create(spans) as EndedSpans, { onEnd: () => active.push(activeId()) })
    instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [spans, noting] }))
    await using server = await serve(instrumentation, (_, response) => outside.once('run', () => response.end()))
    await server.send(GET)
    expect(active).toEqual([spans.only.spanContext().spanId])
  })
})
