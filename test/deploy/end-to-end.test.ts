import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../helpers/free-port.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { startNode, type RunningNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'
import { DASHBOARDS, filledIn, queriesOf, readDashboard } from './dashboard.js'
import { deployFile, hasPrometheus, NEEDS_PROMETHEUS } from './prometheus-tools.js'
import { startPrometheus, type RunningPrometheus } from './running-prometheus.js'

/** A hundred requests in a second; one in ten takes 150 ms, and one in twenty fails. */
const TICK_MILLIS = 100
const TICKS = 130
const CALLS_IN_TICK = 10
/** With the first two, which none of the rates sees: to Prometheus a series begins with what it has counted by then. */
const SENT = 2 + TICKS * CALLS_IN_TICK
const FAILED = 1 + TICKS / 2
const WINDOW_SECONDS = 10
const TWO_SCRAPES_MILLIS = 1_000

describe.skipIf(!hasPrometheus)(`Prometheus, of a service that keeps 1 % of its traces ${NEEDS_PROMETHEUS}`, () => {
  const started = new AsyncDisposableStack()
  let prometheus: RunningPrometheus
  let service: RunningNode
  let sink: OtlpSink
  let atMillis: number

  beforeAll(async () => {
    sink = started.use(await otlpSink())
    const healthPort = await freePort()
    const running = await startNode({
      cwd: REPOSITORY,
      args: ['examples/metrics-demo.mjs'],
      ready: /listening on (\d+)/,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(healthPort),
      },
    })
    service = started.use(running)
    const port = Number(service.ready[1])
    const scraping = await startPrometheus({
      targets: { orders: `127.0.0.1:${port}`, health: `127.0.0.1:${healthPort}` },
      scrapeIntervalMillis: TWO_SCRAPES_MILLIS / 2,
      lifetimeMillis: 55_000,
    })
    prometheus = started.use(scraping)
    for (const status of [200, 500]) await call({ port, path: `/orders/first?millis=10&status=${status}` })
    await delay(TWO_SCRAPES_MILLIS)
    atMillis = await callSteadily(port)
    await delay(TWO_SCRAPES_MILLIS)
  }, 50_000)

  afterAll(() => started.disposeAsync())

  test('has counted every request', async () => {
    const calls = 'traces_span_metrics_calls_total{service_name="orders", span_kind="SPAN_KIND_SERVER"}'
    const samples = await prometheus.query(`sum by (span_name, status_code) (${calls})`)
    expect(samples.map(({ metric, value }) => [metric.span_name, metric.status_code, value])).toEqual(
      expect.arrayContaining([
        ['GET /orders/:id', 'STATUS_CODE_ERROR', FAILED],
        ['GET /orders/:id', 'STATUS_CODE_UNSET', SENT - FAILED],
      ]),
    )
    expect(samples).toHaveLength(2)
  })

  test('answers the queries of the dashboard with the true rate, error ratio and p95', async () => {
    const [rate, ratio, , p95] = queriesOf(readDashboard('red')).map((query) =>
      filledIn(query, { window: `${WINDOW_SECONDS}s`, values: { kind: 'SPAN_KIND_SERVER' } }),
    )
    const perSecond = (CALLS_IN_TICK * 1_000) / TICK_MILLIS
    expect(within(await prometheus.number(rate ?? '', atMillis), perSecond, 0.05)).toBe('true')
    expect(within(await prometheus.number(ratio ?? '', atMillis), 0.05, 0.03)).toBe('true')
    // In the middle of the slow tenth, which took 100 to 200 ms: 150 ms, and that long it did take.
    expect(within(await prometheus.number(p95 ?? '', atMillis), 0.15, 0.1)).toBe('true')
  })

  test('records the same error ratio and p95 by the rules', async () => {
    const orders = '{service_name="orders"}'
    const ratio = await prometheus.number(`service:traces_span_metrics_errors:ratio_rate5m${orders}`)
    // Over five minutes, of which the service has lived a few seconds: what Prometheus adds at the edges is not the same.
    expect(within(ratio, 0.05, 0.03)).toBe('true')
    const p95 = await prometheus.number(`service:traces_span_metrics_duration_seconds:p95_5m${orders}`)
    expect(within(p95, 0.15, 0.1)).toBe('true')
  })

  test.each(DASHBOARDS)('has an answer to every query of the dashboard %s', async (name) => {
    const queries = queriesOf(readDashboard(name)).map((query) => filledIn(query, { window: `${WINDOW_SECONDS}s` }))
    const answers = await Promise.all(queries.map(async (query) => (await prometheus.query(query, atMillis)).length))
    expect(queries.filter((_, index) => answers[index] === 0)).toEqual([])
  })

  test('has every series that the dashboards and rules ask for', async () => {
    const rules = readFileSync(deployFile('prometheus/rules.yaml'), 'utf8')
    const texts = [rules.replace(/service:\w+:\w+/g, ''), ...DASHBOARDS.map(readDashboard).flatMap(queriesOf)]
    const asked = new Set(texts.flatMap((text) => text.match(/\b(?:traces_|otel_sdk_)\w+/g) ?? []))
    const there = await prometheus.labelValues('__name__')
    expect(asked.size).toBeGreaterThan(8)
    expect([...asked].filter((name) => !there.includes(name))).toEqual([])
    // Those of requests are status codes.
    const errorTypes = (await prometheus.labelValues('error_type')).filter((type) => !/^\d+$/.test(type))
    expect(errorTypes).toEqual(['outage_buffer_full', 'process_exit', 'queue_full', 'rejected'])
  })

  test('shows no span as dropped, and raises no alert of tracing itself', async () => {
    expect(await prometheus.number('sum({__name__=~"otel_sdk_.+_total", error_type!=""})')).toBe(0)
    expect(await prometheus.query('ALERTS{alertname!="ErrorRatioHigh"}')).toEqual([])
  })

  test('leads by its exemplars to traces that were sent, one in a hundred', async () => {
    const exemplars = await prometheus.exemplars('traces_span_metrics_duration_seconds_bucket')
    await service.stop()
    const traces = new Set(sink.spans().map(({ traceId }) => traceId))
    expect(traces.size).toBeGreaterThan(0)
    expect(traces.size).toBeLessThan(SENT / 20)
    expect(exemplars.length).toBeGreaterThan(0)
    expect(exemplars.filter(({ labels }) => !traces.has(labels.trace_id ?? ''))).toEqual([])
  })
})

/** At a steady pace; settles when all are answered, with the time of the last request, in milliseconds since 1970. */
async function callSteadily(port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const failures: Promise<Error | undefined>[] = []
  const beganMillis = Date.now()
  for (let tick = 0; tick < TICKS; tick++) {
    await delay(Math.max(1, beganMillis + tick * TICK_MILLIS - Date.now()))
    for (let index = 0; index < CALLS_IN_TICK; index++) {
      const millis = index === 0 ? 150 : 10
      const status = index === 1 && tick % 2 === 0 ? 500 : 200
      failures.push(call({ agent, port, path: `/orders/${tick}?millis=${millis}&status=${status}` }))
    }
  }
  const endedMillis = Date.now()
  const [failure] = (await Promise.all(failures)).filter((error) => error !== undefined)
  agent.destroy()
  if (failure) throw failure
  return endedMillis
}

/** What went wrong, if anything did: with the connection, whatever the status. */
function call(request: { agent?: Agent; port: number; path: string }): Promise<Error | undefined> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', ...request }, (response) => response.resume().on('end', () => resolve(undefined))).on(
      'error',
      resolve,
    )
  })
}

/** 'true', or what was seen instead: for a message that says both numbers. */
function within(seen: number, expected: number, tolerance: number): string {
  return Math.abs(seen - expected) <= tolerance * expected ? 'true' : `${seen} instead of ${expected}`
}
