import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hintFor } from '../../../src/export/notices/hints.js'
import type { Transport } from '../../../src/export/transport/transport.js'
import type { OtlpProtocol } from '../../../src/export/pipeline/otlp-settings.js'
import { makeCertificates, type Certificates } from '../../helpers/certificates.js'
import { otlpSink, type OtlpSink, type SinkBehaviour } from '../../helpers/otlp-sink.js'
import { connect, connectTo, encoded } from './connect.js'

const PROTOCOLS = ['grpc', 'http/protobuf'] as const

let plain: OtlpSink
let secure: OtlpSink
let certificates: Certificates
beforeEach(async () => {
  certificates = await makeCertificates()
  plain = await otlpSink()
  secure = await otlpSink({ tls: certificates, mutualTls: true })
})
afterEach(async () => {
  await Promise.all([plain.close(), secure.close(), certificates.remove()])
})

/** What helps against what really goes wrong on this way. */
async function hintOn(protocol: OtlpProtocol, transport: Transport, timeoutMillis = 2_000): Promise<string> {
  const answer = await transport.send(encoded(protocol), timeoutMillis)
  if (answer.kind === 'success') throw new Error('nothing went wrong')
  return hintFor(answer.reason, transport.endpoint)
}

const urlOf = (protocol: OtlpProtocol, sink: OtlpSink): string => (protocol === 'grpc' ? sink.grpcUrl : sink.tracesUrl)

describe.each(PROTOCOLS)('over %s', (protocol) => {
  const cure = (url: string, caFile?: string): Promise<string> =>
    hintOn(protocol, connectTo(protocol, url, { tls: { ...(caFile !== undefined && { caFile }) } }))

  test('nobody listens', async () => {
    await plain.down()
    const url = urlOf(protocol, plain)
    expect(await cure(url)).toContain(`Nothing listens at ${url}: is a collector running? OTEL_EXPORTER_OTLP_ENDPOINT`)
  })

  test('no such host', async () => {
    expect(await cure('http://nobody.invalid:4318')).toMatch(/^No host of this name.*OTEL_EXPORTER_OTLP_ENDPOINT/)
  })

  test('the port of the other protocol', async () => {
    const url = protocol === 'grpc' ? plain.httpUrl : plain.grpcUrl
    const expected = protocol === 'grpc' ? /=http\/protobuf,.* 4317\.$/ : /=grpc,.* 4318\.$/
    expect(await cure(url)).toMatch(expected)
  })

  test('TLS where there is none', async () => {
    expect(await cure(urlOf(protocol, plain).replace('http:', 'https:'))).toMatch(/write http:\/\/ instead/)
  })

  test('no TLS where there is some', async () => {
    expect(await cure(urlOf(protocol, secure).replace('https:', 'http:'))).toMatch(/write https:\/\/ instead/)
  })

  test('a certificate of an unknown CA', async () => {
    expect(await cure(urlOf(protocol, secure))).toMatch(/^Set OTEL_EXPORTER_OTLP_CERTIFICATE /)
  })

  test('no client certificate where one is wanted', async () => {
    expect(await cure(urlOf(protocol, secure), certificates.caPath)).toMatch(/OTEL_EXPORTER_OTLP_CLIENT_KEY/)
  })

  test('a client certificate of another CA', async () => {
    await using others = await makeCertificates()
    const { certificatePath: certFile, keyPath: keyFile } = others.client
    const transport = connect(protocol, secure, { tls: { caFile: certificates.caPath, certFile, keyFile } })
    expect(await hintOn(protocol, transport)).toMatch(/OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE/)
  })

  test.each<[string, SinkBehaviour, RegExp]>([
    ['no credentials', { kind: 'status', http: 401 }, /OTEL_EXPORTER_OTLP_HEADERS/],
    ['too few rights', { kind: 'status', http: 403, message: 'certificate of no use' }, /OTEL_EXPORTER_OTLP_HEADERS/],
    ['nothing at this path', { kind: 'status', http: 404 }, /\/v1\/traces|pipeline/],
    [
      'too large',
      { kind: 'status', http: 413, grpc: 8, message: 'larger than max' },
      /One span alone is too large .*OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT/,
    ],
    ['throttling', { kind: 'status', http: 429, grpc: 8 }, /OTEL_TRACES_SAMPLER/],
    ['not ready', { kind: 'status', http: 503 }, /not ready/],
    ['a hanging backend', { kind: 'hang' }, /OTEL_EXPORTER_OTLP_TIMEOUT/],
    ['a wrong request', { kind: 'status', http: 400 }, /log/],
  ])('%s', async (_what, behaviour, expected) => {
    plain.respondWith(behaviour)
    expect(await hintOn(protocol, connect(protocol, plain), 200)).toMatch(expected)
  })
})

test.each([
  ['HTTP 400 Bad Request: Client sent an HTTP request to an HTTPS server.', /write https:/],
  ['HTTP 400 Bad Request: The plain HTTP request was sent to HTTPS port', /write https:/],
  ["Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames", /another host/],
  ['certificate has expired', /renewed/],
  ['HTTP 308 Permanent Redirect', /OTEL_EXPORTER_OTLP_ENDPOINT/],
  ['HTTP 200 OK, but a web page (text/html)', /No OTLP receiver/],
  ['HTTP 415 Unsupported Media Type', /OTEL_EXPORTER_OTLP_PROTOCOL/],
  ['UNKNOWN: Received HTTP status code 415', /http\/protobuf/],
  ['UNKNOWN: Received HTTP status code 413', /One span alone is too large/],
  ['DEADLINE_EXCEEDED: no connection in 1000 ms', /firewall/],
  ['HTTP 400 Bad Request: The OTLP API is supported with CloudWatch Logs as a Trace Segment Destination.', /Search/],
])('%s', (reason, expected) => {
  expect(hintFor(reason, 'http://host')).toMatch(expected)
})
