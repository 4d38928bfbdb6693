import { DD } from '../delivery/peers.mjs'
// The tracers that are compared: how each is started, in the way its own documentation tells, and sends to a backend on loopback.

/** What these would start besides tracing is left out, and the detectors that call metadata addresses. */
const otel = (url) => ({
  OTEL_SERVICE_NAME: 'bench',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process,serviceinstance',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
})
const otelSampledOut = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }

const datadog = (url) => ({
  ...DD,
  DD_TRACE_AGENT_URL: url,
})

const elastic = (url) => ({
  ELASTIC_APM_SERVER_URL: url,
  ELASTIC_APM_SERVICE_NAME: 'bench',
  ELASTIC_APM_CENTRAL_CONFIG: 'false',
  ELASTIC_APM_CLOUD_PROVIDER: 'none',
  ELASTIC_APM_METRICS_INTERVAL: '0s',
})

const sentry = (url) => ({ SENTRY_DSN: `${url.replace('//', '//key@')}/1`, SENTRY_TRACES_SAMPLE_RATE: '1' })

/**
 * `api`: the one that an app makes spans with (apps/tracer.cjs). `env`: what sends to the backend at this address.
 * `sampledOut`: what keeps no trace, added to that.
 */
export const PEERS = [
  { name: 'none', title: 'no tracing', api: 'none', nodeOptions: '', env: () => ({}), sampledOut: {} },
  {
    name: 'spanwright',
    title: 'spanwright',
    api: 'otel',
    nodeOptions: '--import spanwright/register',
    env: otel,
    sampledOut: otelSampledOut,
  },
  {
    name: 'stock',
    title: 'OpenTelemetry (stock)',
    api: 'otel',
    nodeOptions: '--import @opentelemetry/auto-instrumentations-node/register',
    env: otel,
    sampledOut: otelSampledOut,
  },
  {
    name: 'dd-trace',
    title: 'dd-trace',
    api: 'datadog',
    nodeOptions: '--import dd-trace/initialize.mjs',
    env: datadog,
    sampledOut: { DD_TRACE_SAMPLE_RATE: '0' },
  },
  {
    name: 'elastic-apm',
    title: 'Elastic APM agent',
    api: 'elastic',
    nodeOptions: '--require elastic-apm-node/start.js',
    env: elastic,
    sampledOut: { ELASTIC_APM_TRANSACTION_SAMPLE_RATE: '0' },
  },
  {
    name: 'elastic-otel',
    title: 'Elastic EDOT',
    api: 'otel',
    nodeOptions: '--import @elastic/opentelemetry-node',
    env: otel,
    sampledOut: otelSampledOut,
  },
  {
    name: 'sentry',
    title: 'Sentry',
    api: 'sentry',
    nodeOptions: '--import ./apps/start-sentry.mjs',
    env: sentry,
    sampledOut: { SENTRY_TRACES_SAMPLE_RATE: '0' },
  },
  {
    name: 'splunk',
    title: 'Splunk',
    api: 'otel',
    nodeOptions: '--require @splunk/otel/instrument',
    env: otel,
    sampledOut: otelSampledOut,
  },
  {
    name: 'vercel',
    title: '@vercel/otel',
    api: 'otel',
    nodeOptions: '--import ./apps/start-vercel.mjs',
    env: otel,
    sampledOut: otelSampledOut,
  },
]

/** What `launch` takes: the peer in its own folder, sending to that address. */
export function launchable({ nodeOptions, env, api }, folder, url, more = {}) {
  return {
    cwd: folder,
    apps: `${folder}/apps`,
    env: { NODE_OPTIONS: nodeOptions, BENCH_API: api, ...env(url), ...more },
  }
}
