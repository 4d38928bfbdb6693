import { existsSync } from 'node:fs'
import { join } from 'node:path'

const REPOSITORY = join(import.meta.dirname, '../..')
const ddFolder = process.env.BENCH_DD_TRACE

export const hasDdTrace = ddFolder !== undefined && existsSync(join(ddFolder, 'node_modules/dd-trace'))

/** What stock would start besides tracing is left out, and the detectors that call metadata addresses. */
const OTEL = {
  OTEL_SERVICE_NAME: 'bench',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process,serviceinstance',
}
/** For dd-trace, that it sends spans alone, and all of them. */
export const DD = {
  DD_SERVICE: 'bench',
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_TRACE_SAMPLE_RATE: '1',
  DD_TRACE_RATE_LIMIT: '-1',
}

export function otlpEnvironment(ports, protocol) {
  const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${protocol === 'grpc' ? ports.grpc : ports.http}`
  return { ...OTEL, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: protocol }
}

const preload = (name) => ({ NODE_OPTIONS: `--import ${name}` })

function ddTrace(ports) {
  const env = { ...DD, ...preload('dd-trace/initialize.mjs'), DD_TRACE_AGENT_URL: `http://127.0.0.1:${ports.agent}` }
  return { cwd: ddFolder, env }
}

/** Tracers that an app opens by itself, by the name it knows them by (tracers.mjs). */
export function tracerPeers(ports, protocol = 'grpc') {
  const otlp = { cwd: REPOSITORY, env: otlpEnvironment(ports, protocol) }
  return {
    none: { cwd: REPOSITORY, env: {} },
    stock: otlp,
    processor: otlp,
    spanwright: otlp,
    ...(hasDdTrace && { 'dd-trace': ddTrace(ports) }),
  }
}

/** Tracers that are there before the app is; the app knows nothing of them. */
export function preloadPeers(ports, protocol = 'grpc') {
  const otlp = otlpEnvironment(ports, protocol)
  return {
    none: { cwd: REPOSITORY, env: { NODE_OPTIONS: '' } },
    stock: {
      cwd: process.env.BENCH_STOCK ?? REPOSITORY,
      env: { ...otlp, ...preload('@opentelemetry/auto-instrumentations-node/register') },
    },
    spanwright: { cwd: REPOSITORY, env: { ...otlp, ...preload('spanwright/register') } },
    ...(hasDdTrace && { 'dd-trace': ddTrace(ports) }),
  }
}
