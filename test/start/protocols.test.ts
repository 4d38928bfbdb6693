import { describe, expect, test } from 'vitest'
import { makeCertificates } from '../helpers/certificates.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { runTracedApp } from '../helpers/traced-app.js'

const ENDPOINTS = {
  grpc: (sink: OtlpSink) => sink.grpcUrl,
  'http/protobuf': (sink: OtlpSink) => sink.httpUrl,
  'http/json': (sink: OtlpSink) => sink.httpUrl,
} as const

describe.each(['grpc', 'http/protobuf', 'http/json'] as const)('spans arrive over %s', (protocol) => {
  describe.each(['none', 'gzip'] as const)('with compression %s', (compression) => {
    test.each(['plain', 'TLS'])('over a %s connection, and decode to what was made', async (connection) => {
      await using certificates = await makeCertificates()
      await using sink = await otlpSink(connection === 'TLS' ? { tls: certificates } : {})
      const result = await runTracedApp('probe.mjs', {
        sink,
        args: ['2'],
        env: {
          OTEL_SERVICE_NAME: 'prober',
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINTS[protocol](sink),
          OTEL_EXPORTER_OTLP_COMPRESSION: compression,
          ...(connection === 'TLS' && { OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath }),
        },
      })

      expect(sink.faults).toEqual([])
      expect(result.exitCode).toBe(0)
      // Over TLS Node.js and OpenTelemetry have something to say of addresses and client keys.
      if (connection === 'plain') expect(result.said).toEqual([])
      expect(sink.requests[0]).toMatchObject({ protocol, compression })
      const [probe, child] = ['probe', 'child'].map((name) => result.spans.find((span) => span.name === name))
      expect(probe).toMatchObject({
        kind: 'INTERNAL',
        parentSpanId: undefined,
        attributes: { 'attribute.0': 'xx', 'attribute.1': 'xx' },
        events: [{ name: 'event 0' }, { name: 'event 1' }],
        links: [{ attributes: { 'link.0': 'xx' } }, { attributes: { 'link.0': 'xx' } }],
        resource: { attributes: { 'service.name': 'prober' } },
        scope: { name: 'probe' },
      })
      expect(child).toMatchObject({ traceId: probe?.traceId, parentSpanId: probe?.spanId })
    })
  })
})

test('gRPC takes an endpoint without a scheme as plain when INSECURE says so', async () => {
  await using sink = await otlpSink()
  const { spans } = await runTracedApp('probe.mjs', {
    sink,
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: new URL(sink.grpcUrl).host,
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
    },
  })
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['probe', 'child']))
})
