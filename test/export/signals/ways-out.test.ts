import { expect, test } from 'vitest'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { runTracedApp } from '../../helpers/traced-app.js'

const ALL = { OTEL_LOGS_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'otlp' }

// Each way once, in different protocols and module kinds.
const WAYS = [
  ['end', 'leave.mjs', 'http/protobuf', { exitCode: 0 }, 6],
  ['exit', 'leave.cjs', 'http/protobuf', { exitCode: 7 }, 6],
  ['exit', 'leave.mjs', 'grpc', { exitCode: 7 }, 6],
  ['throw', 'leave.cjs', 'http/json', { exitCode: 1 }, 6],
  ['rejection', 'leave.mjs', 'http/protobuf', { exitCode: 1 }, 6],
  ['SIGTERM', 'leave.cjs', 'grpc', { signal: 'SIGTERM' }, 5],
  ['SIGINT', 'leave.mjs', 'http/json', { signal: 'SIGINT' }, 5],
] as const

test.each(WAYS)(
  'spans, logs and metrics all arrive when %s ends %s, over %s',
  async (way, app, protocol, end, orders) => {
    await using sink = await otlpSink()
    const run = await runTracedApp(`signals/${app}`, {
      sink,
      args: [way],
      env: {
        ...ALL,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl,
      },
      timeoutMillis: 30_000,
    })
    expect(run).toMatchObject({ ...end, timedOut: false })
    expect(run.stderr).not.toMatch(/spanwright|opentelemetry/)
    expect(sink.faults).toEqual([])
    const [span] = run.spans
    const logs = sink.logs()
    expect(logs).toHaveLength(101)
    expect(logs.filter(({ severity }) => severity === 'info').map(({ body }) => body)).toEqual(
      Array.from({ length: 100 }, (_, i) => `order ${i}`),
    )
    expect(new Set(logs.slice(0, 100).map(({ traceId, spanId }) => `${traceId} ${spanId}`))).toEqual(
      new Set([`${span?.traceId} ${span?.spanId}`]),
    )
    expect(logs[100]).toMatchObject({ body: { text: 'paid', sum: 12 }, eventName: 'payment', traceId: '' })
    const last = sink.metricExports().at(-1) ?? []
    const valueOf = (name: string): unknown =>
      last.find((metric) => metric.name === name)?.points.map(({ value }) => value)
    expect(valueOf('orders')).toEqual([orders])
    expect(valueOf('stock')).toEqual([7])
  },
)
