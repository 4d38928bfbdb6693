import { describe, expect, test, vi } from 'vitest'
import { hasPrometheus, NEEDS_PROMETHEUS } from '../deploy/prometheus-tools.js'
import { startPrometheus } from '../deploy/running-prometheus.js'
import { freePort } from '../helpers/free-port.js'
import { startNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { otlpReceiver, QUIET, startCollector, temporaryFolder } from './collector.js'
import { has, needs, programPath } from './programs.js'

/** By each of the three processes of a service. */
const CALLS = [10, 200, 3_000] as const
const TOTAL = 3_210

describe('the calls of three processes of one service add up', () => {
  test.skipIf(!hasPrometheus || !has('collector'))(
    `in Prometheus, which scrapes each of them, and a collector that all of them send to ${NEEDS_PROMETHEUS} ${needs('collector')}`,
    async () => {
      await using stack = new AsyncDisposableStack()
      const folder = stack.use(await temporaryFolder('metrics'))
      const [grpc, http, metrics, ...own] = await Promise.all(Array.from({ length: 6 }, freePort))
      stack.use(
        await startCollector(folder.path, {
          receivers: { otlp: otlpReceiver(grpc ?? 0, http ?? 0) },
          exporters: {
            prometheus: { endpoint: `127.0.0.1:${metrics}`, resource_to_telemetry_conversion: { enabled: true } },
          },
          service: { ...QUIET, pipelines: { metrics: { receivers: ['otlp'], exporters: ['prometheus'] } } },
        }),
      )
      await startCounted(stack, (index) => ({
        OTEL_METRICS_EXPORTER: 'otlp,prometheus',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`,
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(own[index]),
      }))
      const prometheus = stack.use(
        await startPrometheus({
          targets: {
            ...Object.fromEntries(own.map((port, index) => [`own-${index}`, `127.0.0.1:${port}`])),
            collector: `127.0.0.1:${metrics}`,
          },
          scrapeIntervalMillis: 500,
          lifetimeMillis: 55_000,
        }),
      )
      // The scrapes are requests, too.
      const calls = (job: string): string => `traces_span_metrics_calls_total{span_name="call", job=~"${job}"}`
      await vi.waitFor(
        async () => {
          expect(await prometheus.number(`sum(${calls('own-.*')})`)).toBe(TOTAL)
          expect(await prometheus.number(`sum(${calls('collector')})`)).toBe(TOTAL)
        },
        { timeout: 15_000, interval: 200 },
      )
      // Not one series that three processes write in turn.
      expect(await prometheus.query(calls('collector'))).toHaveLength(CALLS.length)
    },
    60_000,
  )

  test.skipIf(!has('prometheus'))(
    `in Prometheus, whose own OTLP receiver they send to ${needs('prometheus')}`,
    async () => {
      await using stack = new AsyncDisposableStack()
      const prometheus = stack.use(
        await startPrometheus({
          targets: {},
          scrapeIntervalMillis: 500,
          lifetimeMillis: 55_000,
          programWithOtlp: programPath('prometheus'),
        }),
      )
      await startCounted(stack, () => ({
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${prometheus.url}/api/v1/otlp/v1/metrics`,
      }))
      const calls = 'traces_span_metrics_calls_total{job="counted"}'
      await vi.waitFor(async () => expect(await prometheus.number(`sum(${calls})`)).toBe(TOTAL), {
        timeout: 15_000,
        interval: 200,
      })
      const samples = await prometheus.query(calls)
      expect(samples.map(({ value }) => value).toSorted((a, b) => a - b)).toEqual(CALLS)
      expect(new Set(samples.map(({ metric }) => metric.instance)).size).toBe(CALLS.length)
    },
    60_000,
  )
})

async function startCounted(
  stack: AsyncDisposableStack,
  env: (index: number) => Readonly<Record<string, string>>,
): Promise<void> {
  const start = async (calls: number, index: number): Promise<void> => {
    const running = await startNode({
      args: [fixture('backends/counted.mjs')],
      cwd: REPOSITORY,
      env: { OTEL_SERVICE_NAME: 'counted', CALLS: String(calls), ...env(index) },
      ready: /^counted$/,
      timeoutMillis: 20_000,
    })
    stack.use(running)
  }
  await Promise.all(CALLS.map(start))
}
