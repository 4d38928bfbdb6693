import { createServer } from 'node:net'
import { diag, DiagLogLevel } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeCertificates, type Certificates } from '../../helpers/certificates.js'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { clientSockets, connect, connectByEnvironment, connectTo, encoded, PROTOCOLS } from './connect.js'

const ACCEPTED = { kind: 'success', rejectedSpans: 0, message: '' }

const warnings: string[] = []
beforeEach(() => {
  const keep = (...parts: unknown[]): void => void warnings.push(parts.join(' '))
  diag.setLogger({ error: keep, warn: keep, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN)
})
afterEach(() => {
  warnings.length = 0
  diag.disable()
  vi.resetModules()
  vi.unstubAllEnvs()
})

describe.each(PROTOCOLS)('over %s', (protocol) => {
  const base = (sink: OtlpSink): string => (protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl)

  test('endpoint, headers and compression come from the variables', async () => {
    await using sink = await otlpSink()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', base(sink))
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-team=a%20b,x-tenant=general')
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-tenant=traces')
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
    const transport = connectByEnvironment(protocol)
    expect(await transport.send(encoded(protocol, 200), 2_000)).toEqual(ACCEPTED)
    expect(transport.endpoint).toBe(protocol === 'grpc' ? sink.grpcUrl : sink.tracesUrl)
    expect(sink.requests).toMatchObject([
      {
        protocol,
        compression: 'gzip',
        headers: {
          'x-team': 'a b',
          'x-tenant': 'traces',
          'user-agent': expect.stringMatching(/^spanwright /) as string,
        },
      },
    ])
    expect(sink.spans()).toHaveLength(200)
    expect(sink.faults).toEqual([])
  })

  test('a request is not compressed unless that is asked for', async () => {
    await using sink = await otlpSink()
    expect(await connect(protocol, sink).send(encoded(protocol), 2_000)).toEqual(ACCEPTED)
    expect(sink.requests).toMatchObject([{ compression: 'none' }])
  })

  test('the timeout comes from the variables', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', base(sink))
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '80')
    expect(await connectByEnvironment(protocol).send(encoded(protocol), 5_000)).toMatchObject({
      reason: expect.stringContaining('no answer in 80 ms') as string,
    })
  })

  test('a configuration file speaks alone', async () => {
    await using sink = await otlpSink()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://nobody.invalid')
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=environment')
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '1')
    const transport = connect(protocol, sink, { headers: { 'x-team': 'file' } })
    sink.respondWith({ kind: 'slow', millis: 30 })
    expect(await transport.send(encoded(protocol), 2_000)).toEqual(ACCEPTED)
    expect(sink.requests).toMatchObject([{ compression: 'none', headers: { 'x-team': 'file' } }])
    expect(sink.requests[0]?.headers).not.toHaveProperty('x-tenant')
  })

  test('entries of headers that are none are named by their place, and the others are sent', async () => {
    await using sink = await otlpSink()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl)
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key: s3cr3t,x-team=a%20b,x-other: s3cr3t=1,s3cr3t')
    const { connectByEnvironment } = await import('./connect.js')
    expect(await connectByEnvironment(protocol).send(encoded(protocol), 5_000)).toEqual(ACCEPTED)
    expect(sink.requests[0]?.headers).toMatchObject({ 'x-team': 'a b' })
    expect(warnings).toEqual([
      expect.stringMatching(/^spanwright: OTEL_EXPORTER_OTLP_HEADERS: entry 1 and 3 and 4 of 4 is not name=value/),
    ])
    expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toContain('x-api-key')
  })

  test.each(['http://:4318', protocol === 'grpc' ? 'http://[' : 'collector:4318'])(
    'the wrong endpoint %s is logged, and the default is used',
    async (wrong) => {
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', wrong)
      const { connectByEnvironment } = await import('./connect.js')
      const { endpoint } = connectByEnvironment(protocol)
      expect(endpoint).toBe(protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318/v1/traces')
      expect(warnings).toEqual([
        expect.stringMatching(/^spanwright: OTEL_EXPORTER_OTLP_ENDPOINT: .+; the default endpoint is used$/),
      ])
    },
  )

  test('what a configuration file has wrong, each answer says, and no password', async () => {
    const transport = connectTo(protocol, 'http://me:hidden@[?token=hidden')
    const answer = await transport.send(encoded(protocol), 1_000)
    expect(answer).toMatchObject({ kind: 'retryable', isUnreachable: true, mayHaveArrived: false })
    expect(JSON.stringify([answer, transport.endpoint])).not.toContain('hidden')
    const noFile = connectTo(protocol, 'https://localhost:1', { tls: { caFile: '/nowhere/ca.pem' } })
    expect(await noFile.send(encoded(protocol), 1_000)).toMatchObject({
      reason: expect.stringContaining("ENOENT: no such file or directory, open '/nowhere/ca.pem'") as string,
    })
  })

  test('headers that the server repeats, and passwords, are in no answer', async () => {
    await using sink = await otlpSink()
    sink.respondWith(({ headers: { authorization, 'x-key': key } }) => ({
      kind: 'status',
      http: 401,
      grpc: 16,
      message: `unknown ${authorization} token ${authorization?.slice(7)} ${key} hunter2`,
    }))
    const url = (protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl).replace('http://', 'http://user:hunter2@')
    const headers = { authorization: 'Bearer b/secret==', 'x-key': 'k-secret' }
    const transport = connectTo(protocol, protocol === 'grpc' ? url : `${url}/v1/traces`, { headers })
    expect(await transport.send(encoded(protocol), 2_000)).toEqual({
      kind: 'permanent',
      reason: expect.stringMatching(/: unknown \*{3} token \*{3} \*{3} \*{3}$/) as string,
    })
    expect(transport.endpoint).toMatch(/^http:\/\/\*\*\*@127/)
  })

  describe('with TLS', () => {
    let certificates: Certificates
    beforeEach(async () => {
      certificates = await makeCertificates()
    })
    afterEach(() => certificates.remove())

    test('a server whose CA is known gets the spans, by one connection', async () => {
      await using sink = await otlpSink({ tls: certificates })
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', base(sink).replace('127.0.0.1', 'localhost'))
      vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', certificates.caPath)
      const transport = connectByEnvironment(protocol)
      const sockets = clientSockets()
      // At leaving, each attempt has less time than the one before.
      for (const millis of [2_000, 1_900]) expect(await transport.send(encoded(protocol), millis)).toEqual(ACCEPTED)
      expect(sockets).toHaveLength(1)
      expect(sink.faults).toEqual([])
    })

    test('a certificate of the variables that is not there is logged, and not used', async () => {
      await using sink = await otlpSink({ tls: certificates })
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', base(sink))
      vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/ca.pem')
      const { connectByEnvironment } = await import('./connect.js')
      expect(await connectByEnvironment(protocol).send(encoded(protocol), 2_000)).toMatchObject({
        reason: expect.stringContaining('self-signed certificate') as string,
      })
      expect(warnings).toEqual([
        expect.stringMatching(/^spanwright: a certificate or key can't be read, and is not used: ENOENT.*ca\.pem'$/),
      ])
    })

    test('a server of another CA gets nothing, and nobody was reached', async () => {
      await using sink = await otlpSink({ tls: certificates })
      expect(await connect(protocol, sink).send(encoded(protocol), 2_000)).toEqual({
        kind: 'retryable',
        reason: expect.stringMatching(/^(UNAVAILABLE: )?self-signed certificate in certificate chain$/) as string,
        retryAfterMillis: undefined,
        isUnreachable: true,
        mayHaveArrived: false,
      })
      expect(sink.requests).toEqual([])
    })

    test.each(['environment', 'file'])('a client certificate from the %s is shown', async (source) => {
      await using sink = await otlpSink({ tls: certificates, mutualTls: true })
      const { caPath, client } = certificates
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', base(sink).replace('127.0.0.1', 'localhost'))
      vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', caPath)
      vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', client.certificatePath)
      vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', client.keyPath)
      const tls = { caFile: caPath, certFile: client.certificatePath, keyFile: client.keyPath }
      const transport = source === 'file' ? connect(protocol, sink, { tls }) : connectByEnvironment(protocol)
      expect(await transport.send(encoded(protocol), 2_000)).toEqual(ACCEPTED)
      expect(sink.requests).toMatchObject([{ clientName: 'test client' }])
    })

    test('without the client certificate that the server wants, nobody was reached', async () => {
      await using sink = await otlpSink({ tls: certificates, mutualTls: true })
      const transport = connect(protocol, sink, { tls: { caFile: certificates.caPath } })
      expect(await transport.send(encoded(protocol), 2_000)).toMatchObject({
        reason: expect.stringMatching(/^(UNAVAILABLE: )?TLS: tlsv13 alert certificate required$/) as string,
        isUnreachable: true,
        mayHaveArrived: false,
      })
    })

    test('TLS to a server without it reaches nobody', async () => {
      await using sink = await otlpSink()
      const transport = connectTo(protocol, base(sink).replace('http:', 'https:'))
      expect(await transport.send(encoded(protocol), 2_000)).toMatchObject({
        reason: expect.stringMatching(/^(UNAVAILABLE: )?TLS: wrong version number$/) as string,
        isUnreachable: true,
      })
    })
  })
})

test('gRPC without a scheme is TLS, unless the configuration file says insecure', async () => {
  await using sink = await otlpSink()
  const address = sink.grpcUrl.replace('http://', '')
  const send = (insecure: boolean): Promise<object> =>
    connectTo('grpc', address, { insecure }).send(encoded('grpc'), 2_000)
  expect(await send(true)).toEqual(ACCEPTED)
  expect(await send(false)).toMatchObject({ isUnreachable: true })
})

test('a name with two addresses is reached where one of them answers', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  server.close()
  for (const protocol of PROTOCOLS) {
    const answer = await connectTo(protocol, `http://localhost:${port}`).send(encoded(protocol), 2_000)
    expect(answer).toMatchObject({ isUnreachable: true, reason: expect.stringContaining('ECONNREFUSED') as string })
  }
})
