import { describe, expect, test } from 'vitest'
import { startTracing, TracingConfigError, type TracingOptions } from '../../src/index.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

/** As a caller in plain JavaScript may get them wrong. */
const wrongly = (options: unknown): TracingConfigError => {
  try {
    startTracing(options as TracingOptions)
  } catch (error) {
    if (error instanceof TracingConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a wrong option throws at the start, and the error', () => {
  test.each([
    [null, 'ERR_OPTION_TYPE', 'options must be an object, got null'],
    ['otlp', 'ERR_OPTION_TYPE', 'options must be an object, got "otlp"'],
    [{ serviceName: 7 }, 'ERR_OPTION_TYPE', 'serviceName must be a string that is not empty, got 7'],
    [{ serviceName: ' ' }, 'ERR_OPTION_RANGE', 'serviceName must be a string that is not empty, got " "'],
    [{ shutdownTimeoutMillis: -1 }, 'ERR_OPTION_RANGE', 'shutdownTimeoutMillis must be a number of at least 0, got -1'],
    [
      { shutdownTimeoutMillis: NaN },
      'ERR_OPTION_RANGE',
      'shutdownTimeoutMillis must be a number of at least 0, got NaN',
    ],
    [
      { shutdownTimeoutMillis: '2s' },
      'ERR_OPTION_TYPE',
      'shutdownTimeoutMillis must be a number of at least 0, got "2s"',
    ],
    [{ batch: { maxQueueSize: 0 } }, 'ERR_OPTION_RANGE', 'batch.maxQueueSize must be an integer of at least 1, got 0'],
    [
      { batch: { maxQueueSize: 1.5 } },
      'ERR_OPTION_RANGE',
      'batch.maxQueueSize must be an integer of at least 1, got 1.5',
    ],
    [
      { batch: { maxExportBatchSize: 4_096, maxQueueSize: 2_048 } },
      'ERR_OPTION_RANGE',
      'batch.maxExportBatchSize must be an integer from 1 to 2048, got 4096',
    ],
    [
      { spanLimits: { linkCountLimit: -1 } },
      'ERR_OPTION_RANGE',
      'spanLimits.linkCountLimit must be an integer of at least 0, got -1',
    ],
    [{ resourceAttributes: [] }, 'ERR_OPTION_TYPE', 'resourceAttributes must be an object, got []'],
    [{ traceExporter: 'jaeger' }, 'ERR_OPTION_RANGE', 'traceExporter must be one of otlp, console, none, got "jaeger"'],
    [
      { traceExporter: {} },
      'ERR_OPTION_TYPE',
      'traceExporter must be otlp, console, none or a SpanExporter (an object with export, shutdown), got Object {}',
    ],
    [
      { instrumentationConfig: { expres: { enabled: false } } },
      'ERR_OPTION_UNKNOWN',
      'instrumentationConfig.expres must be the name of an instrumentation (nearest: express), got "expres"',
    ],
    [{ sampler: 0.1 }, 'ERR_OPTION_TYPE', 'sampler must be a Sampler (an object with shouldSample), got 0.1'],
    [
      { propagators: ['tracecontext', 'pigeon'] },
      'ERR_OPTION_RANGE',
      'propagators[1] must be one of tracecontext, baggage, b3, b3multi, xray, jaeger, datadog, got "pigeon"',
    ],
    [{ spanProcessors: {} }, 'ERR_OPTION_TYPE', 'spanProcessors must be an array, got Object {}'],
  ])('names option, range and value: %j', (options, code, message) => {
    expect(wrongly(options)).toMatchObject({ name: 'TracingConfigError', code, message })
  })

  test('names the options there are when one is misspelt', () => {
    const error = wrongly({ servicename: 'shop' })
    expect(error).toMatchObject({ code: 'ERR_OPTION_UNKNOWN', option: 'servicename' })
    expect(error.message).toContain('serviceName')
  })

  test('carries option, allowed and received as fields', () => {
    expect(wrongly({ batch: { scheduledDelayMillis: -5 } })).toMatchObject({
      option: 'batch.scheduledDelayMillis',
      allowed: 'a number from 0 to 2147483647',
      received: -5,
    })
  })

  test('leaves nothing started behind', async () => {
    const result = await start({ serviceName: '' })
    expect(result.stdout).toBe('true ERR_OPTION_RANGE serviceName must be a string that is not empty, got ""\n')
    expect(result).toMatchObject({ exitCode: 0, spans: [] })
  })
})

describe('an option in code takes precedence over the environment:', () => {
  test('serviceName, serviceVersion, environment and resourceAttributes', async () => {
    const result = await start(
      {
        serviceName: 'code',
        serviceVersion: '2',
        environment: 'staging',
        resourceAttributes: { team: 'code', 'service.name': 'no' },
      },
      { OTEL_SERVICE_NAME: 'env', OTEL_RESOURCE_ATTRIBUTES: 'service.version=1,team=env,region=eu' },
    )
    expect(result.spans[0]?.resource.attributes).toMatchObject({
      'service.name': 'code',
      'service.version': '2',
      'deployment.environment.name': 'staging',
      team: 'code',
      region: 'eu',
    })
  })

  test('traceExporter', async () => {
    const result = await start({ traceExporter: 'none' }, { OTEL_TRACES_EXPORTER: 'otlp' })
    expect(result.spans).toEqual([])
  })

  test('batch', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    const result = await start(
      { batch: { exportTimeoutMillis: 50 }, shutdownTimeoutMillis: 5_000 },
      {
        OTEL_BSP_EXPORT_TIMEOUT: '30000',
        OTEL_EXPORTER_OTLP_TIMEOUT: '400',
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      },
    )
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toContain('no answer in 50 ms')
  })

  test('instrumentationConfig', async () => {
    const off = { instrumentationConfig: { undici: { enabled: false } } }
    const result = await start(off, { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici' })
    expect(result.spans).toHaveLength(1)
    expect(result.said).toEqual([])
  })
})

test('an endpoint with port 4317 and no protocol means gRPC', async () => {
  const result = await start({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317', OTEL_LOG_LEVEL: 'debug' })
  expect(result.stderr).toMatch(/ECONNREFUSED 127\.0\.0\.1:4317|grpc/i)
})

function start(options: object, env: Record<string, string> = {}): Promise<TracedRun> {
  return runTracedApp('start.mjs', { withoutFlag: true, args: [JSON.stringify(options)], env })
}
