import type { ServiceSettings } from './service-settings.js'
import { componentName, type CollectorVersion } from './version.js'
import type { Yaml } from './yaml.js'

export const BACKEND_NAMES = ['otlp', 'jaeger', 'tempo', 'zipkin', 'opensearch', 'xray', 'prometheus', 'loki'] as const
export type BackendName = (typeof BACKEND_NAMES)[number]

export type Signal = 'traces' | 'metrics' | 'logs'

/** How a collector reaches a backend. */
export interface Backend {
  readonly exporter: string
  readonly signals: readonly Signal[]
  readonly settings: Readonly<Record<string, Yaml | undefined>>
  /** What its exporter needs besides. */
  readonly extensions?: Readonly<Record<string, Yaml>>
}

type BackendMaker = (version: CollectorVersion, service: ServiceSettings) => Backend

/** Plain gRPC, as inside a cluster. */
const plainOtlp =
  (name: string, address: string): BackendMaker =>
  (version) => ({
    exporter: `${componentName('otlp_grpc', version)}/${name}`,
    signals: ['traces'],
    settings: {
      endpoint: `\${env:${name.toUpperCase()}_ENDPOINT:-${address}}`,
      '#': 'Plain text, as inside a cluster. For TLS take this out.',
      tls: { insecure: true },
    },
  })

export const BACKENDS: Readonly<Record<BackendName, BackendMaker>> = {
  otlp: otlpBackend,
  jaeger: plainOtlp('jaeger', 'jaeger:4317'),
  tempo: plainOtlp('tempo', 'tempo:4317'),
  zipkin: () => ({
    exporter: 'zipkin',
    signals: ['traces'],
    settings: { endpoint: '${env:ZIPKIN_ENDPOINT:-http://zipkin:9411/api/v2/spans}' },
  }),
  opensearch: () => ({
    exporter: 'opensearch',
    signals: ['traces', 'logs'],
    settings: { http: { endpoint: '${env:OPENSEARCH_ENDPOINT:-http://opensearch:9200}' } },
  }),
  xray: (version) => ({
    exporter: `${componentName('otlp_http', version)}/xray`,
    signals: ['traces'],
    settings: {
      '#': "X-Ray's own OTLP endpoint. Its spans are found once Transaction Search is on.",
      traces_endpoint: 'https://xray.${env:AWS_REGION:-us-east-1}.amazonaws.com/v1/traces',
      auth: { authenticator: 'sigv4auth' },
    },
    extensions: {
      sigv4auth: { region: '${env:AWS_REGION:-us-east-1}', service: 'xray' },
    },
  }),
  prometheus: () => ({
    exporter: 'prometheus',
    signals: ['metrics'],
    settings: {
      '#': 'To be scraped. OpenMetrics is what has exemplars, the way from a metric to a trace.',
      endpoint: '${env:LISTEN_HOST:-0.0.0.0}:8889',
      enable_open_metrics: true,
      resource_to_telemetry_conversion: { enabled: true },
    },
  }),
  loki: (version) => ({
    exporter: `${componentName('otlp_http', version)}/loki`,
    signals: ['logs'],
    settings: { endpoint: '${env:LOKI_ENDPOINT:-http://loki:3100/otlp}' },
  }),
}

/** Where the service sends now, unless that is its own machine; values of headers stay out of the file. */
function otlpBackend(version: CollectorVersion, { endpoint, isGrpc, headerNames }: ServiceSettings): Backend {
  const isElsewhere = endpoint !== undefined && !/^(?:localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(endpoint.host)
  const usesGrpc = !isElsewhere || isGrpc
  const address = isElsewhere ? endpoint : undefined
  const grpcAddress = address ? (address.port === '' ? `${address.hostname}:443` : address.host) : 'backend:4317'
  const httpAddress = address ? `${address.origin}${address.pathname.replace(/\/(v1\/traces)?$/, '')}` : ''
  const isPlain = address ? address.protocol === 'http:' : true
  return {
    exporter: `${componentName(usesGrpc ? 'otlp_grpc' : 'otlp_http', version)}/backend`,
    signals: ['traces', 'metrics', 'logs'],
    settings: {
      ...(isElsewhere && { '#': 'Where the service sends now.' }),
      endpoint: `\${env:BACKEND_ENDPOINT:-${usesGrpc ? grpcAddress : httpAddress}}`,
      tls: usesGrpc && isPlain ? { insecure: true } : undefined,
      headers:
        isElsewhere && headerNames.length > 0
          ? Object.fromEntries(headerNames.map((name) => [name, `\${env:${variableOf(name)}:-}`]))
          : undefined,
    },
  }
}

const variableOf = (header: string): string => `BACKEND_HEADER_${header.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
