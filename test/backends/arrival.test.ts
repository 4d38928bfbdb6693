import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { makeCertificates } from '../helpers/certificates.js'
import { freePort } from '../helpers/free-port.js'
import {
  fileExporter,
  otlpReceiver,
  QUIET,
  spansInFile,
  startCollector,
  temporaryFolder,
  waitForSpans,
} from './collector.js'
import { expectEverything, sendEverything } from './everything.js'
import { has, needs } from './programs.js'

describe.skipIf(!has('collector'))(`a trace arrives at the collector as it was made ${needs('collector')}`, () => {
  const stack = new AsyncDisposableStack()
  afterAll(() => stack.disposeAsync())

  let ways: Record<string, Record<string, string>>
  let file: string

  beforeAll(async () => {
    const certificates = stack.use(await makeCertificates())
    const folder = stack.use(await temporaryFolder('collector'))
    file = join(folder.path, 'spans.jsonl')
    const [grpc = 0, http = 0, tlsGrpc = 0, tlsHttp = 0, mutualGrpc = 0, mutualHttp = 0] = await Promise.all(
      Array.from({ length: 6 }, freePort),
    )
    const tls = { cert_file: certificates.server.certificatePath, key_file: certificates.server.keyPath }
    stack.use(
      await startCollector(folder.path, {
        receivers: {
          otlp: otlpReceiver(grpc, http),
          'otlp/tls': otlpReceiver(tlsGrpc, tlsHttp, tls),
          'otlp/mutual': otlpReceiver(mutualGrpc, mutualHttp, { ...tls, client_ca_file: certificates.caPath }),
        },
        exporters: { file: fileExporter(file) },
        service: {
          ...QUIET,
          pipelines: { traces: { receivers: ['otlp', 'otlp/tls', 'otlp/mutual'], exporters: ['file'] } },
        },
      }),
    )
    const server = { OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath }
    const client = {
      ...server,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: certificates.client.certificatePath,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: certificates.client.keyPath,
    }
    ways = {
      gRPC: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${grpc}` },
      HTTP: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}` },
      JSON: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}` },
      'gRPC over TLS': {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${tlsGrpc}`,
        ...server,
      },
      'HTTP over TLS': { OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${tlsHttp}`, ...server },
      'gRPC over mutual TLS': {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${mutualGrpc}`,
        ...client,
      },
      'HTTP over mutual TLS': { OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${mutualHttp}`, ...client },
    }
  }, 60_000)

  test.each([
    ['gRPC', 'none'],
    ['gRPC', 'gzip'],
    ['HTTP', 'none'],
    ['HTTP', 'gzip'],
    ['JSON', 'gzip'],
    ['gRPC over TLS', 'none'],
    ['HTTP over TLS', 'gzip'],
    ['gRPC over mutual TLS', 'gzip'],
    ['HTTP over mutual TLS', 'none'],
  ])('by %s, compression %s', async (way, compression) => {
    const service = `${way}, ${compression}`
    const sent = await sendEverything({
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
      ...ways[way],
    })
    const spans = await waitForSpans(() => spansInFile(file).filter(({ traceId }) => traceId === sent.traceId), 2)
    expectEverything(spans, sent, service)
  })
})
