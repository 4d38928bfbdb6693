import { context, diag, DiagLogLevel, propagation, trace, type Attributes } from '@opentelemetry/api'
import { getRPCMetadata, W3CTraceContextPropagator } from '@opentelemetry/core'
import type { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { SamplingDecision, type ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import { TracerProvider } from '../../../src/tracer/tracer-provider.js'
import { EndedSpans } from '../../tracer/ended-spans.js'
import { answer, exchange, rawRequest, type Answer } from './raw-requests.js'
import {
  followContexts,
  lean,
  serve,
  upstream,
  wentToUpstream,
  type Create,
  type TracedServer,
} from './traced-servers.js'

/** Requests, each to two servers. */
const RUNS = fuzzRuns(0.015)
vi.setConfig({ testTimeout: 30_000 + RUNS * 20 })

/** A server, and what others see of its requests. */
class Side {
  readonly spans = new EndedSpans()
  readonly sampled: object[] = []
  readonly told: string[] = []
  readonly requests: IncomingMessage[] = []
  readonly instrumentation: HttpInstrumentation
  answer: Answer = { kind: 'ends', status: 200 }
  #server: TracedServer | undefined

  constructor(create: Create) {
    this.instrumentation = create()
    const shouldSample = (_: unknown, __: string, name: string, kind: number, attributes: Attributes): object => {
      this.sampled.push({ name, kind, attributes: Object.entries(withoutPort(attributes)) })
      return { decision: SamplingDecision.RECORD_AND_SAMPLED }
    }
    const sampler = { shouldSample, toString: () => 'noting' } as never
    this.instrumentation.setTracerProvider(new TracerProvider({ sampler, spanProcessors: [this.spans] }))
  }

  async listen(scheme: 'http' | 'https'): Promise<void> {
    this.#server = await serve(this.instrumentation, (...args) => this.#handle(...args), {
      scheme,
      requireHostHeader: false,
    })
  }

  /** What is to be seen of one exchange. */
  async exchange(raw: string, given: Answer): Promise<object> {
    const server = this.#server
    if (!server) throw new Error('does not listen')
    this.answer = given
    for (const list of [this.spans.started, this.spans.ended, this.sampled, this.requests, server.thrown])
      list.length = 0
    const answered = await server.send(raw)
    const { started, ended } = this.spans
    return {
      answered: answered.replace(/^date: .*$/im, ''),
      thrown: [...server.thrown],
      sampled: [...this.sampled],
      started: started.length,
      ended: ended.map(facts),
    }
  }

  async close(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request)
    response.on('error', () => {})
    answerWith(this.answer, request, response)
  }
}

function answerWith(given: Answer, request: IncomingMessage, response: ServerResponse): void {
  switch (given.kind) {
    case 'ends':
    case 'ends later': {
      const rpc = getRPCMetadata(context.active())
      if (rpc && given.route !== undefined) rpc.route = given.route
      response.statusCode = given.status as number
      if (given.kind === 'ends') response.end('done')
      else setImmediate(() => response.end('done'))
      return
    }
    case 'destroys socket':
      request.socket.destroy()
      return
    case 'destroys response':
      response.destroy(given.error as Error)
      return
    case 'throws':
      throw given.error
    case 'throws after end':
      response.end('done')
      throw given.error
    case 'fails':
      for (let i = 0; i < given.times; i++) response.emit('error', given.error)
      response.end('done')
      return
    case 'fails after close':
      response.on('close', () => response.emit('error', given.error))
      response.end('done')
  }
}

/** Each connection has a port of its own. */
function withoutPort(attributes: Attributes): Attributes {
  const port = attributes['network.peer.port']
  return port === undefined ? { ...attributes } : { ...attributes, 'network.peer.port': typeof port }
}

function facts(span: ReadableSpan): object {
  const { name, kind, attributes, status, events, links, parentSpanContext: parent, instrumentationScope } = span
  return {
    name,
    kind,
    status,
    attributes: withoutPort(attributes),
    events: events.map(({ time: _time, ...event }) => event),
    links,
    parent: parent && { ...parent, traceState: parent.traceState?.serialize() },
    traceId: parent && span.spanContext().traceId,
    scope: instrumentationScope,
  }
}

describe.each(['http', 'https'] as const)('%s', (scheme) => {
  let theirs: Side
  let ours: Side
  const warnings: string[] = []

  beforeAll(async () => {
    followContexts()
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    theirs = new Side(upstream)
    ours = new Side(lean)
    await Promise.all([theirs.listen(scheme), ours.listen(scheme)])
    const note = (...parts: unknown[]): number => warnings.push(parts.map(String).join(' '))
    const ignore = (): void => {}
    const logger = { error: note, warn: note, info: ignore, debug: ignore, verbose: ignore }
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  })

  afterAll(async () => {
    diag.disable()
    await Promise.all([theirs.close(), ours.close()])
  })

  async function expectSame(raw: string, given: Answer): Promise<void> {
    const theirSpans = await theirs.exchange(raw, given)
    const theirWarnings = warnings.splice(0)
    const ourSpans = await ours.exchange(raw, given)
    expect(ourSpans).toStrictEqual(theirSpans)
    const ourWarnings = warnings.splice(0)
    expect(ourWarnings.length).toBeLessThanOrEqual(theirWarnings.length)
    // Upstream goes on to set what has ended.
    if (ours.requests.some(wentToUpstream)) return
    expect(ourWarnings.filter((warning) => warning.includes('after the end'))).toEqual([])
  }

  test('the spans of any request are those that upstream makes', async () => {
    const taken = { lean: 0, upstream: 0 }
    await fc.assert(
      fc.asyncProperty(rawRequest, async (raw) => {
        await expectSame(raw, { kind: 'ends', status: 200 })
        for (const request of ours.requests) taken[wentToUpstream(request) ? 'upstream' : 'lean'] += 1
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    )
    // Else there is nothing that has been compared.
    expect(taken.lean).toBeGreaterThan(RUNS / 40)
    expect(taken.upstream).toBeGreaterThan(RUNS / 40)
  })

  test('the spans of any answer are those that upstream makes', async () => {
    const plain = 'GET /items/7?a=1 HTTP/1.1\r\nHost: localhost:80\r\nConnection: close\r\n\r\n'
    await fc.assert(
      fc.asyncProperty(answer, async (given) => {
        await expectSame(plain, given)
        expect(ours.requests.map(wentToUpstream)).toEqual([false])
      }),
      { numRuns: Math.ceil(RUNS / 8) },
    )
  })

  test('the spans of any exchange are those that upstream makes', async () => {
    await fc.assert(
      fc.asyncProperty(exchange, ({ raw, answer: given }) => expectSame(raw, given)),
      { numRuns: Math.ceil(RUNS / 8) },
    )
  })
})

test('the handler of a lean request runs in the context of its span', async () => {
  const { instrumentation, spans } = new Side(lean)
  const seen: unknown[] = []
  await using server = await serve(instrumentation, (request, response) => {
    seen.push(trace.getActiveSpan(), getRPCMetadata(context.active())?.span, wentToUpstream(request))
    response.end()
  })
  await server.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(seen).toEqual([spans.started[0], spans.started[0], false])
})
