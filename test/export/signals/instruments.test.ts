import { expect, test } from 'vitest'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { runTracedApp } from '../../helpers/traced-app.js'

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('instruments of what starts before the SDK are measured, our own requests are not, and nothing is said', async () => {
  await using sink = await otlpSink()
  const run = await runTracedApp('signals/measured.cjs', {
    sink,
    withoutFlag: true,
    env: {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,runtime-node,host-metrics,pino',
    },
    timeoutMillis: 30_000,
  })
  expect(run).toMatchObject({ exitCode: 0, stderr: '' })
  const [first = []] = sink.metricExports()
  const names = new Set(first.map(({ name }) => name))
  expect([...names].filter((name) => /^(nodejs|v8js)\./.test(name)).length).toBeGreaterThanOrEqual(6)
  expect(names).toContain('process.memory.usage')
  const countOf = (wanted: string): unknown =>
    first.find(({ name }) => name === wanted)?.points.reduce((sum, { value }) => sum + value, 0)
  expect(countOf('http.server.request.duration')).toBe(1)
  expect(countOf('http.client.request.duration')).toBe(1)
})

test('all signals of a process have one service.instance.id, and what the environment says takes its place', async () => {
  await using sink = await otlpSink()
  const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' }
  const idsOf = (): Set<unknown> =>
    new Set(
      [
        ...sink.spans().map(({ resource }) => resource.attributes),
        ...[...sink.logs(), ...sink.metricExports().flat()].map(({ resource }) => resource),
      ].map((attributes) => attributes['service.instance.id']),
    )
  await runTracedApp('signals/leave.cjs', { sink, args: ['exit'], env })
  const [own] = idsOf()
  expect(idsOf().size).toBe(1)
  expect(own).toMatch(UUID_4)
  await runTracedApp('signals/leave.cjs', {
    sink,
    args: ['end'],
    env: { ...env, OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=pod-7' },
  })
  expect(idsOf()).toEqual(new Set([own, 'pod-7']))
})

test.each(['http/protobuf', 'grpc'] as const)(
  'requests that export over %s on the main thread are neither measured nor traced',
  async (protocol) => {
    await using sink = await otlpSink()
    const run = await runTracedApp('signals/own-requests.cjs', {
      sink,
      env: {
        SPANWRIGHT_EXPORT_THREAD: 'off',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_LOGS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl,
      },
      timeoutMillis: 30_000,
    })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(sink.faults).toEqual([])
    expect(sink.logs()).toHaveLength(3)
    // The first round's requests are over before the second collects.
    const exports = sink.metricExports()
    expect(exports.length).toBeGreaterThanOrEqual(3)
    const durations = exports.at(-1)?.filter(({ name }) => /^http\.(client|server)\./.test(name)) ?? []
    const counts = durations.map(({ name, points }) => [name, points.map(({ value }) => value)])
    expect(Object.fromEntries(counts)).toEqual({
      'http.client.request.duration': [1],
      'http.server.request.duration': [1],
    })
    expect(new Set(run.spans.map(({ traceId }) => traceId)).size).toBe(1)
    expect(run.spans.filter(({ name }) => name === 'GET' || name.startsWith('GET '))).toHaveLength(2)
  },
)
