import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { DASHBOARDS, filledIn, queriesOf, readDashboard } from '../deploy/dashboard.js'
import { deployFile, hasPrometheus, NEEDS_PROMETHEUS } from '../deploy/prometheus-tools.js'
import { startPrometheus } from '../deploy/running-prometheus.js'
import { freePort } from '../helpers/free-port.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'
import { startCollector, temporaryFolder } from './collector.js'
import { has, needs } from './programs.js'

/** The file, on ports of this machine, and quicker. */
function collectorText(port: number, metricsPort: number): string {
  const changes: readonly (readonly [string, string])[] = [
    ['${env:LISTEN_HOST:-0.0.0.0}:4318', `127.0.0.1:${port}`],
    ['${env:LISTEN_HOST:-0.0.0.0}:4317', '127.0.0.1:0'],
    ['${env:LISTEN_HOST:-0.0.0.0}:13133', '127.0.0.1:0'],
    ['${env:LISTEN_HOST:-0.0.0.0}:8889', `127.0.0.1:${metricsPort}`],
    ['decision_wait: 10s', 'decision_wait: 2s'],
    ['metrics_flush_interval: 15s', 'metrics_flush_interval: 500ms'],
  ]
  const text = changes.reduce(
    (file, [from, to]) => {
      expect(file).toContain(from)
      return file.replace(from, to)
    },
    readFileSync(deployFile('compose/grafana-collector.yaml'), 'utf8'),
  )
  return `${text}  telemetry:\n    metrics:\n      level: none\n`
}

describe.skipIf(!has('collector') || !hasPrometheus)(
  `deploy/compose/grafana-collector.yaml, with the shop demo ${needs('collector')} ${NEEDS_PROMETHEUS}`,
  () => {
    test('gives traces to Tempo, logs of the same traces to Loki, and metrics to Prometheus that answer the dashboards', async () => {
      await using stack = new AsyncDisposableStack()
      const folder = stack.use(await temporaryFolder('grafana'))
      const tempo = stack.use(await otlpSink())
      const loki = stack.use(await otlpSink())
      const [port, metricsPort] = await Promise.all([freePort(), freePort()])
      stack.use(
        await startCollector(folder.path, collectorText(port, metricsPort), {
          TEMPO_ENDPOINT: new URL(tempo.grpcUrl).host,
          LOKI_ENDPOINT: loki.httpUrl,
        }),
      )
      const prometheus = stack.use(
        await startPrometheus({
          targets: { collector: `127.0.0.1:${metricsPort}` },
          scrapeIntervalMillis: 500,
          lifetimeMillis: 90_000,
          honorLabels: true,
        }),
      )
      await runDemo(port)
      const calls = 'sum by (service_name) (traces_span_metrics_calls_total)'
      await vi.waitFor(async () => expect(await prometheus.query(calls)).toHaveLength(3), WAIT)
      const services = (await prometheus.query(calls)).map(({ metric }) => metric.service_name)
      expect(services.toSorted()).toEqual(['catalogue', 'payments', 'storefront'])
      // A rate needs two values: a series begins with what was counted by then.
      await runDemo(port)

      // The one that failed was kept, whole.
      const failed = await vi.waitFor(() => {
        const error = tempo.spans().find(({ status }) => status.code === 'ERROR')
        expect(error).toBeDefined()
        return tempo.spans().filter(({ traceId }) => traceId === error?.traceId)
      }, WAIT)
      const ids = new Set(failed.map(({ spanId }) => spanId))
      expect(failed.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))).toEqual([])
      const lines = loki.logs().filter(({ traceId }) => traceId === failed[0]?.traceId)
      expect(lines.length).toBeGreaterThan(0)
      for (const { spanId } of lines) expect(ids).toContain(spanId)

      for (const name of DASHBOARDS) await expectAnswers(queriesOf(readDashboard(name)))

      const exemplars = await prometheus.exemplars('traces_span_metrics_duration_seconds_bucket')
      const known = new Set([...tempo.spans(), ...loki.logs()].map(({ traceId }) => traceId))
      expect(exemplars.some(({ labels }) => known.has(labels.trace_id ?? ''))).toBe(true)

      async function expectAnswers(queries: readonly string[]): Promise<void> {
        const filled = queries.map((query) => filledIn(query, { window: '60s' }))
        await vi.waitFor(async () => {
          const answers = await Promise.all(filled.map(async (query) => (await prometheus.query(query)).length))
          expect(filled.filter((_, index) => answers[index] === 0)).toEqual([])
        }, WAIT)
      }
    }, 180_000)
  },
)

async function runDemo(port: number): Promise<void> {
  const { exitCode } = await runNode({
    args: ['examples/shop/demo.mjs', '--to', `http://127.0.0.1:${port}`, '--all'],
    cwd: REPOSITORY,
    timeoutMillis: 60_000,
  })
  expect(exitCode).toBe(0)
}

const WAIT = { timeout: 15_000, interval: 200 }
