import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../helpers/free-port.js'
import { otlpReceiver, QUIET, startCollector, temporaryFolder } from './collector.js'
import { sendEverything, type SentTrace } from './everything.js'
import { has, hasJava, needs } from './programs.js'
import { startZipkin, type RunningZipkin, type ZipkinSpan } from './zipkin.js'

describe.skipIf(!has('zipkin') || !hasJava)(`Zipkin ${needs('zipkin')}, and Java`, () => {
  const stack = new AsyncDisposableStack()
  afterAll(() => stack.disposeAsync())
  let zipkin: RunningZipkin
  beforeAll(async () => {
    zipkin = stack.use(await startZipkin())
  }, 120_000)

  test('has the trace that its own exporter sends, and finds it by service, error and duration', async () => {
    const sent = await sendEverything({
      OTEL_SERVICE_NAME: 'direct',
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: zipkin.url,
    })
    await expectTrace(sent, 'direct', 'no such order')
    const service = { serviceName: 'direct' }
    expect(await zipkin.search({ ...service, annotationQuery: 'error' })).toEqual([sent.traceId])
    expect(await zipkin.search({ ...service, annotationQuery: 'http.response.status_code=500' })).toEqual([
      sent.traceId,
    ])
    expect(await zipkin.search({ ...service, annotationQuery: 'http.response.status_code=200' })).toEqual([])
    expect(await zipkin.search({ ...service, minDuration: '1000' })).toEqual([sent.traceId])
    expect(await zipkin.search({ ...service, minDuration: '1000000' })).toEqual([])
  })

  test.skipIf(!has('collector'))(`has the trace that a collector passes on ${needs('collector')}`, async () => {
    await using folder = await temporaryFolder('zipkin')
    const [grpc, http] = await Promise.all([freePort(), freePort()])
    await using _collector = await startCollector(folder.path, {
      receivers: { otlp: otlpReceiver(grpc, http) },
      exporters: { zipkin: { endpoint: zipkin.url } },
      service: { ...QUIET, pipelines: { traces: { receivers: ['otlp'], exporters: ['zipkin'] } } },
    })
    const sent = await sendEverything({
      OTEL_SERVICE_NAME: 'passed-on',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`,
    })
    // The collector's exporter has the message under a key of its own.
    await expectTrace(sent, 'passed-on', 'true')
  })

  /** Zipkin has no links and no types of attributes, and writes names in lower case. */
  async function expectTrace(sent: SentTrace, service: string, error: string): Promise<void> {
    const spans = await vi.waitFor(
      async () => {
        const found = await zipkin.trace(sent.traceId)
        expect(found).toHaveLength(2)
        return found
      },
      { timeout: 15_000, interval: 100 },
    )
    const [root, query] = spans.toSorted((a, b) => a.timestamp - b.timestamp) as [ZipkinSpan, ZipkinSpan]
    const at = (micros: number): number => sent.second * 1_000_000 + micros
    expect(root).toMatchObject({
      traceId: sent.traceId,
      id: sent.rootId,
      name: 'get /orders/:id',
      kind: 'SERVER',
      timestamp: at(1),
      duration: 1_500,
      localEndpoint: { serviceName: service },
      tags: { 'http.request.method': 'GET', 'http.response.status_code': '500', 'url.path': '/orders/7' },
    })
    expect(root.parentId).toBeUndefined()
    expect(query).toMatchObject({
      id: sent.queryId,
      parentId: sent.rootId,
      name: 'select orders',
      kind: 'CLIENT',
      timestamp: at(20),
      duration: 20,
      tags: { text: 'ü – 漢字 – 😀', whole: '42', fraction: '0.25', yes: 'true', error },
    })
    const times = query.annotations?.map(({ timestamp }) => timestamp)
    expect(times).toEqual([at(25), at(30), at(35)])
    expect(query.annotations?.map(({ value }) => value.split(/[|"]/).find((part) => part.length > 3) ?? value)).toEqual(
      ['first', 'second', 'exception'],
    )
  }
})
