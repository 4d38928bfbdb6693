import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeCertificates } from './certificates.js'
import { httpProxyTo } from './http-proxy.js'
import { otlpSink, type OtlpSink } from './otlp-sink.js'

/** Stands in for AWS's own OTLP endpoint of traces, at its name. */
export interface AwsEndpoint extends AsyncDisposable {
  readonly sink: OtlpSink
  /** By them a process takes the sink for AWS: the endpoint alone, and the way to it. */
  readonly env: Readonly<Record<string, string>>
}

export async function awsEndpoint(host = 'xray.eu-west-1.amazonaws.com'): Promise<AwsEndpoint> {
  const stack = new AsyncDisposableStack()
  const certificates = stack.use(await makeCertificates([host]))
  const sink = stack.use(await otlpSink({ tls: certificates }))
  const proxy = stack.use(await httpProxyTo(Number(new URL(sink.httpUrl).port)))
  const env = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `https://${host}/v1/traces`,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    NO_PROXY: '127.0.0.1',
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath,
    // Not those of the user who runs the tests.
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: certificates.folder + '/config',
    AWS_SHARED_CREDENTIALS_FILE: certificates.folder + '/credentials',
  }
  return { sink, env, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

export interface ContainerCredentials extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>
  /** How often it was asked. */
  readonly asked: () => number
}

/** The credentials of a container, as ECS and EKS give them: each time others, which expire after so many milliseconds. */
export async function containerCredentials(lifetimeMillis: number): Promise<ContainerCredentials> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    const Expiration = new Date(Date.now() + lifetimeMillis).toISOString()
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({ AccessKeyId: `KEY${asked}`, SecretAccessKey: 'secret', Token: `token-${asked}`, Expiration }),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` },
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
