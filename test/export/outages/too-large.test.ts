import { expect, test } from 'vitest'
import { NGINX, startNginx } from '../../helpers/nginx.js'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { runTracedApp, type TracedRun } from '../../helpers/traced-app.js'

const KIB = 1_024

/** 400 spans of 2 KB, and one of 100 KB. */
const run = (sink: OtlpSink, env: Record<string, string>): Promise<TracedRun> =>
  runTracedApp('large-spans.mjs', { sink, env, args: ['401', '2000', '100000'], timeoutMillis: 20_000 })

const arrived = (sink: OtlpSink): number => new Set(sink.spans().map(({ name }) => name)).size

test.each(['http/protobuf', 'http/json', 'grpc'])(
  'over %s a backend that takes 64 KiB at most gets every span that is not larger alone',
  async (protocol) => {
    await using sink = await otlpSink()
    sink.respondWith(({ body: { byteLength } }) => {
      const message = `grpc: received message larger than max (${byteLength} vs. ${64 * KIB})`
      return byteLength > 64 * KIB ? { kind: 'status', http: 413, grpc: 8, message } : { kind: 'ok' }
    })
    const endpoint = protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl
    const result = await run(sink, {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '60000',
    })
    expect([result.exitCode, arrived(sink), sink.spans().length]).toEqual([0, 400, 400])
    expect(result.said).toEqual([
      expect.stringMatching(/^spanwright: 1 span dropped: .*larger than max.*One span alone is too large/),
    ])
  },
)

test.skipIf(NGINX === undefined)(
  'nginx with its default limit takes everything, and with a smaller one all but the span that is larger alone (nginx)',
  async () => {
    await using sink = await otlpSink()
    await using byDefault = await startNginx(`location / { proxy_pass ${sink.httpUrl}; }`)
    const all = await run(sink, { OTEL_EXPORTER_OTLP_ENDPOINT: byDefault.url })
    expect([arrived(sink), sink.spans().length, all.said]).toEqual([401, 401, []])

    sink.reset()
    await using small = await startNginx(`client_max_body_size 50k; location / { proxy_pass ${sink.httpUrl}; }`)
    const some = await run(sink, { OTEL_EXPORTER_OTLP_ENDPOINT: small.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' })
    expect([arrived(sink), sink.spans().length]).toEqual([400, 400])
    expect(some.said).toEqual([
      expect.stringMatching(/^spanwright: 1 span dropped: .*HTTP 413 Request Entity Too Large/),
    ])
  },
)
