import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificates, type Certificates } from '../helpers/certificates.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'

let certificates: Certificates
beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())

/** Lives on for a moment: what a thread prints comes through the event loop of the main one. */
const APP = `
const { startTracing, withSpan } = require('spanwright')
const tracing = startTracing()
withSpan('work', () => undefined)
tracing.flush().then(() => setTimeout(() => {}, 300))
`

// Deprecations would be printed on the app's own stderr.
test.each(['grpc', 'http/protobuf'])(
  'Node.js has no deprecation to warn of while spans go over TLS to an IP address, by %s',
  async (protocol) => {
    await using sink = await otlpSink({ tls: certificates })
    const url = protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl
    const result = await runNode({
      args: ['--pending-deprecation', '--trace-deprecation', '--eval', APP],
      cwd: REPOSITORY,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: url.replace('localhost', '127.0.0.1'),
        OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      },
    })
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(sink.spans().map(({ name }) => name)).toEqual(['work'])
  },
)
