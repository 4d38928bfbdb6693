import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { waitForSpans } from './collector.js'
import { expectEverything, sendEverything } from './everything.js'
import { startJaeger } from './jaeger.js'
import { has, needs } from './programs.js'

describe.skipIf(!has('jaeger'))(`Jaeger ${needs('jaeger')}`, () => {
  test('has each trace as it was made, and finds it by service, name and attribute', async () => {
    await using jaeger = await startJaeger()
    const byGrpc = await sendEverything({
      OTEL_SERVICE_NAME: 'by gRPC',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.grpcUrl,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    })
    const byHttp = await sendEverything({
      OTEL_SERVICE_NAME: 'by HTTP',
      OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.httpUrl,
    })
    expectEverything(await waitForSpans(() => jaeger.trace(byGrpc.traceId), 2), byGrpc, 'by gRPC')
    expectEverything(await waitForSpans(() => jaeger.trace(byHttp.traceId), 2), byHttp, 'by HTTP')

    expect(await jaeger.search({ service: 'by HTTP' })).toEqual([byHttp.traceId])
    const named = { service: 'by gRPC', operation: 'SELECT orders' }
    expect(await jaeger.search(named)).toEqual([byGrpc.traceId])
    expect(await jaeger.search({ service: 'by gRPC', operation: 'SELECT users' })).toEqual([])
    const tags = (value: object): Record<string, string> => ({ service: 'by gRPC', tags: JSON.stringify(value) })
    expect(await jaeger.search(tags({ 'http.response.status_code': '500' }))).toEqual([byGrpc.traceId])
    expect(await jaeger.search(tags({ 'http.response.status_code': '200' }))).toEqual([])
  })

  test('with badger has the same ids, parents, times, events and errors; arrays become text there', async () => {
    await using jaeger = await startJaeger({
      storage: (folder) => ({
        badger: { directories: { keys: join(folder, 'keys'), values: join(folder, 'values') }, ephemeral: false },
      }),
    })
    const sent = await sendEverything({ OTEL_SERVICE_NAME: 'kept', OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.httpUrl })
    const spans = await waitForSpans(() => jaeger.trace(sent.traceId), 2)
    const query = spans.find(({ spanId }) => spanId === sent.queryId)
    const at = (micros: number): bigint => BigInt(sent.second) * 1_000_000_000n + BigInt(micros) * 1_000n
    expect(query).toMatchObject({
      parentSpanId: sent.rootId,
      kind: 'CLIENT',
      startUnixNano: at(20),
      endUnixNano: at(40),
      attributes: { text: 'ü – 漢字 – 😀', whole: 42, fraction: 0.25, yes: true, texts: '["a","b"]' },
      status: { code: 'ERROR', message: 'no such order' },
      links: [{ traceId: sent.traceId, spanId: sent.rootId }],
    })
    expect(query?.events.map(({ name, timeUnixNano }) => [name, timeUnixNano])).toEqual(
      expect.arrayContaining([
        ['first', at(25)],
        ['second', at(30)],
        ['exception', at(35)],
      ]),
    )
  })
})
