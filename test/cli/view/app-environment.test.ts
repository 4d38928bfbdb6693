import { afterEach, expect, test, vi } from 'vitest'
import { appEnvironment } from '../../../src/cli/view/app-environment.js'

afterEach(() => vi.unstubAllEnvs())

const ENDPOINT = 'http://127.0.0.1:4318'
const environment = (set: Readonly<Record<string, string>> = {}, token?: string): NodeJS.ProcessEnv => {
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value)
  return appEnvironment({ endpoint: ENDPOINT, preloadFile: '/a path/preload.cjs', token })
}

test('spans go to the viewer, and soon', () => {
  expect(environment()).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_BLRP_SCHEDULE_DELAY: '200',
    SPANWRIGHT_CODE_LOCATION: '1',
  })
})

test('a path with spaces is a URL in NODE_OPTIONS, before the options that are there', () => {
  expect(environment({ NODE_OPTIONS: '--max-old-space-size=100' }).NODE_OPTIONS).toBe(
    '--import=file:///a%20path/preload.cjs --max-old-space-size=100',
  )
})

test('what would send them elsewhere does not', () => {
  const env = environment({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://backend.test',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://backend.test/traces',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://backend.test',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_SDK_DISABLED: 'true',
  })
  expect(env).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/v1/traces`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: ENDPOINT,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_SDK_DISABLED: 'false',
  })
  expect(env).not.toHaveProperty('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT')
})

test('what else the environment says stays', () => {
  expect(
    environment({
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_TRACES_SAMPLER: 'always_off',
      SPANWRIGHT_CODE_LOCATION: '0',
    }),
  ).toMatchObject({
    OTEL_TRACES_EXPORTER: 'console,otlp',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_TRACES_SAMPLER: 'always_off',
    SPANWRIGHT_CODE_LOCATION: '0',
  })
})

test('no proxy stands between the app and the viewer', () => {
  expect(environment({ NO_PROXY: 'internal.test' })).toMatchObject({
    NO_PROXY: 'internal.test,127.0.0.1',
    no_proxy: '127.0.0.1',
  })
  expect(environment({ NO_PROXY: '*' }).NO_PROXY).toBe('*')
})

test('a token is sent, beside the headers there are', () => {
  expect(
    environment({ OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a,authorization=Basic%20b' }, 'secret')
      .OTEL_EXPORTER_OTLP_HEADERS,
  ).toBe('x-tenant=a,authorization=Bearer%20secret')
})
