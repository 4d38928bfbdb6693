import { expect, test } from 'vitest'
import { makeCertificates } from '../../helpers/certificates.js'
import { httpProxyTo } from '../../helpers/http-proxy.js'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { runNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'

// Nobody finds this host but by the proxy.
const ELSEWHERE = 'collector.invalid:4318'

interface Run {
  readonly protocol?: string
  readonly flags?: readonly string[]
  readonly endpoint?: string
  /** Of a proxy that leads to the sink. */
  readonly env: (proxy: string) => Record<string, string>
}

/** How many spans arrived, what the proxy was asked for, and what was logged. */
async function outcome(
  sink: OtlpSink,
  { protocol = 'http/protobuf', flags = [], endpoint, env }: Run,
): Promise<object> {
  const port = Number(new URL(protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl).port)
  await using proxy = await httpProxyTo(port)
  const { stderr } = await runNode({
    cwd: REPOSITORY,
    args: [...flags, '--import', 'spanwright/register', fixture('children.mjs'), '2'],
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint ?? `http://${ELSEWHERE}`,
      ...env(proxy.url),
    },
  })
  const spans = sink.spans().length
  sink.reset()
  return { spans, seen: [...new Set(proxy.seen)], stderr }
}

test('OTLP over HTTP goes by the proxy of the environment where Node.js was told to, from the thread and without it', async () => {
  await using sink = await otlpSink()
  const proxied = { spans: 3, seen: [`POST http://${ELSEWHERE}/v1/traces`], stderr: '' }
  const byVariable = (HTTP_PROXY: string): Record<string, string> => ({ HTTP_PROXY, NODE_USE_ENV_PROXY: '1' })
  expect(await outcome(sink, { env: byVariable })).toEqual(proxied)
  expect(await outcome(sink, { flags: ['--use-env-proxy'], env: (http_proxy) => ({ http_proxy }) })).toEqual(proxied)
  const onMainThread = (proxy: string): Record<string, string> => ({
    ...byVariable(proxy),
    SPANWRIGHT_EXPORT_THREAD: 'off',
  })
  expect(await outcome(sink, { env: onMainThread })).toEqual(proxied)
})

test('hosts of NO_PROXY are reached without it, and so are all where Node.js was told nothing', async () => {
  await using sink = await otlpSink()
  const direct = { spans: 3, seen: [], stderr: '' }
  const endpoint = sink.httpUrl
  const except = (HTTP_PROXY: string): Record<string, string> => ({
    HTTP_PROXY,
    NO_PROXY: '127.0.0.1',
    NODE_USE_ENV_PROXY: '1',
  })
  expect(await outcome(sink, { endpoint, env: except })).toEqual(direct)
  expect(await outcome(sink, { endpoint, env: (HTTP_PROXY) => ({ HTTP_PROXY }) })).toEqual(direct)
})

test('over gRPC and over HTTPS the proxy opens a tunnel', async () => {
  await using sink = await otlpSink()
  const byVariable = (HTTP_PROXY: string): Record<string, string> => ({ HTTP_PROXY, NODE_USE_ENV_PROXY: '1' })
  const tunnelled = { spans: 3, seen: [`CONNECT ${ELSEWHERE}`], stderr: '' }
  expect(await outcome(sink, { protocol: 'grpc', env: byVariable })).toEqual(tunnelled)

  await using certificates = await makeCertificates()
  await using secure = await otlpSink({ tls: certificates })
  const endpoint = secure.httpUrl.replace('127.0.0.1', 'localhost')
  const byTls = (HTTPS_PROXY: string): Record<string, string> => ({
    HTTPS_PROXY,
    NODE_USE_ENV_PROXY: '1',
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath,
  })
  expect(await outcome(secure, { endpoint, env: byTls })).toEqual({
    spans: 3,
    seen: [`CONNECT ${new URL(endpoint).host}`],
    stderr: '',
  })
})

test('where the proxy is not there, its user and password are not shown', async () => {
  await using sink = await otlpSink()
  const gone = (): Record<string, string> => ({
    HTTP_PROXY: 'http://somebody:s3cr3t@127.0.0.1:1',
    NODE_USE_ENV_PROXY: '1',
  })
  expect(await outcome(sink, { env: gone })).toEqual({
    spans: 0,
    seen: [],
    stderr: expect.stringMatching(
      /^spanwright: 3 spans lost at exit: (?!.*s3cr3t).*ECONNREFUSED 127.0.0.1:1/,
    ) as string,
  })
})
