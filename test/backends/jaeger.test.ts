import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { deployFile } from '../deploy/prometheus-tools.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode, startNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { temporaryFolder, waitForSpans } from './collector.js'
import { expectEverything, sendEverything, type SentTrace } from './everything.js'
import { startJaeger, type RunningJaeger } from './jaeger.js'
import { countsOf } from './load.js'
import { startOpenSearch } from './opensearch.js'
import { has, hasJava, needs, programPath } from './programs.js'

describe.skipIf(!has('jaeger'))(`Jaeger ${needs('jaeger')}`, () => {
  test.each(['badger', 'opensearch'])(
    'accepts deploy/jaeger/%s.yaml, and no component that it does not have',
    async (name) => {
      await using folder = await temporaryFolder('jaeger')
      const text = readFileSync(deployFile(`jaeger/${name}.yaml`), 'utf8')
      const validated = async (text: string): Promise<string> => {
        const file = join(folder.path, 'jaeger.yaml')
        await writeFile(file, text)
        const options = { encoding: 'utf8' } as const
        const { status, stderr } = spawnSync(programPath('jaeger'), ['validate', '--config', `file:${file}`], options)
        return status === 0 ? 'valid' : stderr
      }
      expect(await validated(text)).toBe('valid')
      expect(await validated(text.replaceAll('jaeger_query', 'jaeger_qery'))).toContain('unknown type: "jaeger_qery"')
    },
  )

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
    expect(await jaeger.search({ service: 'by gRPC', minDuration: '1ms' })).toEqual([byGrpc.traceId])
    expect(await jaeger.search({ service: 'by gRPC', minDuration: '1s' })).toEqual([])
    // In memory Jaeger has no tag of errors, which docs/backends.md says.
    expect(await jaeger.search(tags({ error: 'true' }))).toEqual([])
  })

  test('has the traces of the shop demo, as deploy/README.md says', async () => {
    await using jaeger = await startJaeger()
    const demo = await runNode({
      args: ['examples/shop/demo.mjs', '--to', jaeger.httpUrl],
      cwd: REPOSITORY,
      timeoutMillis: 60_000,
    })
    expect(demo).toMatchObject({ exitCode: 0 })
    const traces = await jaeger.search({ service: 'storefront' })
    // The fifth caller has decided not to keep its trace.
    expect(traces).toHaveLength(4)
    for (const traceId of traces) expect(countsOf(await jaeger.trace(traceId))).toMatchObject({ twice: 0, orphans: 0 })
  }, 90_000)

  test('with badger has the same ids, parents, times, events and errors; arrays become text there', async () => {
    await using jaeger = await startJaeger({
      storage: (folder) => ({
        badger: { directories: { keys: join(folder, 'keys'), values: join(folder, 'values') }, ephemeral: false },
      }),
    })
    const sent = await sendEverything({ OTEL_SERVICE_NAME: 'kept', OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.httpUrl })
    const spans = await waitForSpans(() => jaeger.trace(sent.traceId), 2)
    expectStored(spans, sent)
    await expectFound(jaeger, sent)
  })

  test.skipIf(!has('opensearch') || !hasJava)(
    `on OpenSearch has the same ids, parents, events and errors, times in microseconds, and keeps it when it ends ${needs('opensearch')}, and Java`,
    async () => {
      await using openSearch = await startOpenSearch()
      const storage = (): object => ({
        opensearch: { server_urls: [openSearch.url], indices: { index_prefix: 'traces' } },
      })
      let sent: SentTrace
      {
        await using jaeger = await startJaeger({ storage })
        sent = await sendEverything({ OTEL_SERVICE_NAME: 'kept', OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.httpUrl })
        expectStored(await waitForSpans(() => jaeger.trace(sent.traceId), 2), sent)
      }
      // Another one, since the traces are not in Jaeger.
      await using jaeger = await startJaeger({ storage })
      expectStored(await waitForSpans(() => jaeger.trace(sent.traceId), 2), sent)
      await expectFound(jaeger, sent)
    },
    240_000,
  )

  test('says to parentbased_jaeger_remote which share of each operation to keep, and another one later', async () => {
    const strategies = (health: number): object => ({
      service_strategies: [
        {
          service: 'shop',
          type: 'probabilistic',
          param: 0.5,
          operation_strategies: [
            { operation: 'checkout', type: 'probabilistic', param: 0.25 },
            { operation: 'health', type: 'probabilistic', param: health },
          ],
        },
      ],
    })
    await using jaeger = await startJaeger({ strategies: strategies(0.05) })
    await using shop = await startNode({
      args: ['--import', 'spanwright/register', fixture('backends/remotely-sampled.mjs')],
      cwd: REPOSITORY,
      env: {
        OTEL_SERVICE_NAME: 'shop',
        OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.httpUrl,
        OTEL_TRACES_SAMPLER: 'parentbased_jaeger_remote',
        OTEL_TRACES_SAMPLER_ARG: `endpoint=${jaeger.samplingUrl}/sampling,pollingIntervalMs=500,initialSamplingRate=0`,
      },
      ready: /^first (.*)$/,
      timeoutMillis: 20_000,
    })
    expectShares(shop.ready[1], { checkout: 0.25, health: 0.05 })
    await jaeger.setStrategies(strategies(1))
    const [, changed] = await shop.waitForLine(/^changed (.*)$/, { timeoutMillis: 20_000 })
    expectShares(changed, { checkout: 0.25, health: 1 })
  }, 60_000)
})

/** Within 4 standard errors of 4,000 traces. */
function expectShares(line: string | undefined, shares: Readonly<Record<string, number>>): void {
  const kept = JSON.parse(line ?? '{}') as Record<string, number>
  for (const [operation, share] of Object.entries(shares)) {
    const error = Math.sqrt(4_000 * share * (1 - share))
    expect(Math.abs((kept[operation] ?? 0) - 4_000 * share), `${operation} ${kept[operation]}`).toBeLessThanOrEqual(
      4 * error,
    )
  }
}

/** By the searches that docs/backends.md names. */
async function expectFound(jaeger: RunningJaeger, { traceId }: SentTrace): Promise<void> {
  const search = (query: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    jaeger.search({ service: 'kept', ...query })
  expect(await search({ operation: 'SELECT orders' })).toEqual([traceId])
  expect(await search({ tags: '{"error":"true"}' })).toEqual([traceId])
  expect(await search({ tags: '{"error":"true","url.path":"/orders/7"}' })).toEqual([traceId])
  expect(await search({ tags: '{"url.path":"/orders/8"}' })).toEqual([])
  expect(await search({ minDuration: '1ms' })).toEqual([traceId])
  expect(await search({ minDuration: '1s' })).toEqual([])
}

/** What all stores that turn arrays into text keep. */
function expectStored(spans: readonly ReceivedSpan[], sent: SentTrace): void {
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
}
