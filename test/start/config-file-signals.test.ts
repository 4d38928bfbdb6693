import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signals in a file '))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(app: string, yaml: string, sink: OtlpSink, args: string[] = []): Promise<TracedRun> {
  const file = join(folder, 'tracing.yaml')
  await writeFile(file, `file_format: '1.0'\n${yaml}`)
  // A file speaks alone: each of these would send things elsewhere, or not at all.
  const env = {
    OTEL_CONFIG_FILE: file,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_TRACES_EXPORTER: 'console',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative',
    OTEL_EXPORTER_PROMETHEUS_PORT: '1',
  }
  return runTracedApp(app, { sink, args, env, timeoutMillis: 30_000 })
}

describe('a file without tracer_provider', () => {
  test('records no span, sends none, and passes the trace context of a request on as it is', async () => {
    await using sink = await otlpSink()
    const result = await run('signals/passes-on.cjs', 'propagator:\n  composite:\n    - tracecontext:\n', sink)
    expect(result).toMatchObject({ exitCode: 0, stderr: '', spans: [] })
    expect(JSON.parse(result.stdout)).toEqual({
      carried: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      isRecording: false,
    })
  })

  test('sends the logs and metrics that it asks for', async () => {
    await using sink = await otlpSink()
    const result = await run(
      'signals/leave.mjs',
      `logger_provider:
  processors:
    - simple:
        exporter:
          otlp_grpc:
            endpoint: ${sink.grpcUrl}
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_grpc:
            endpoint: ${sink.grpcUrl}
`,
      sink,
      ['exit'],
    )
    expect(result).toMatchObject({ exitCode: 7, stderr: '', spans: [] })
    expect(sink.faults).toEqual([])
    expect(sink.logs().filter(({ severity }) => severity === 'info')).toHaveLength(100)
    expect(sink.logs().every(({ traceId }) => traceId === '')).toBe(true)
    const orders = sink
      .metricExports()
      .at(-1)
      ?.find(({ name }) => name === 'orders')
    expect(orders?.points.map(({ value }) => value)).toEqual([6])
  })
})

test('logger_provider and meter_provider send beside tracer_provider, and what is not supported is named once', async () => {
  await using sink = await otlpSink()
  const result = await run(
    'signals/leave.cjs',
    `resource:
  attributes_list: 'service.name=from-file,service.instance.id=pod-7'
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${sink.tracesUrl}
logger_provider:
  limits:
    attribute_count_limit: 3
  processors:
    - batch:
        max_export_batch_size: 10
        schedule_delay: 60000
        exporter:
          otlp_http:
            endpoint: ${sink.httpUrl}/v1/logs
            encoding: json
            compression: gzip
            headers_list: 'x-team=payments'
    - simple:
        exporter:
          otlp_file/development:
meter_provider:
  exemplar_filter: always_off
  readers:
    - periodic:
        interval: 60000
        timeout: 5000
        exporter:
          otlp_http:
            endpoint: ${sink.httpUrl}/v1/metrics
            temporality_preference: delta
    - periodic:
        exporter:
          console:
    - pull:
        exporter:
          prometheus/development:
            port: 0
            scope_info_enabled: false
`,
    sink,
    ['end'],
  )
  expect(result.exitCode).toBe(0)
  expect(result.said).toEqual([
    'spanwright: OTEL_CONFIG_FILE: left out, since not supported: logger_provider.limits, ' +
      'logger_provider.processors[1].simple.exporter.otlp_file/development, meter_provider.exemplar_filter, ' +
      'meter_provider.readers[2].pull.exporter.prometheus/development.scope_info_enabled',
  ])
  expect(sink.faults).toEqual([])
  const [span] = result.spans
  const logs = sink.logs()
  expect(logs).toHaveLength(101)
  expect(logs[0]).toMatchObject({
    traceId: span?.traceId,
    resource: { 'service.name': 'from-file', 'service.instance.id': 'pod-7' },
  })
  const [first, ...others] = sink.otherRequests.filter(({ path }) => path === '/v1/logs')
  expect(first).toMatchObject({ protocol: 'http/json', headers: { 'x-team': 'payments', 'content-encoding': 'gzip' } })
  expect(others).toHaveLength(10)
  const sums = sink.metricExports().flatMap((metrics) => metrics.filter(({ name }) => name === 'orders'))
  // Cumulative would be 5 and 6.
  expect(sums.flatMap(({ points }) => points).map(({ value }) => value)).toEqual([5, 1])
  expect(result.stdout).toContain("name: 'orders'")
})
