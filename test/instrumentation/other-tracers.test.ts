import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { isOfOtherTracer } from '../../src/instrumentation/other-tracers.js'

// The headers are those that @sentry/node 11.12 and dd-trace 6.21 were seen to send.
const SENTRY = { 'user-agent': 'sentry.javascript.node/11.12.0' }
const TRACES_OF_DATADOG = { 'Datadog-Meta-Lang': 'nodejs', 'X-Datadog-Trace-Count': '6' }
const globals = globalThis as { __SENTRY__?: unknown }

const said: string[] = []
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => said.push(String(line)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  delete globals.__SENTRY__
  said.length = 0
})

test('requests of the app are its own, whatever their headers', () => {
  const own = [
    { 'user-agent': 'sentry', 'dd-api-key': 'k' },
    ['User-Agent', 'a'],
    undefined,
    { 'x-datadog-trace-id': '1' },
  ]
  expect(own.map((headers) => isOfOtherTracer({ headers, path: '/v0.7/config' }))).toEqual(own.map(() => false))
})

test('Sentry that only reports errors is not mentioned, one that traces is, once', () => {
  const sentryWith = (options: object): void => {
    globals.__SENTRY__ = { version: '11.12.0', '11.12.0': { defaultCurrentScope: { _client: { _options: options } } } }
  }
  sentryWith({ dsn: 'a' })
  expect([isOfOtherTracer({ headers: SENTRY }), said]).toEqual([true, []])
  sentryWith({ tracesSampleRate: 0.1 })
  expect([isOfOtherTracer({ headers: SENTRY }), isOfOtherTracer({ headers: SENTRY })]).toEqual([true, true])
  expect(said).toEqual([expect.stringMatching(/^spanwright: Sentry traces this app, too: .*tracesSampleRate/)])
})

test('dd-trace is mentioned once it sends traces, and not for its telemetry', () => {
  const ddTrace = Symbol.for('dd-trace')
  Object.assign(globalThis, { [ddTrace]: {} })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, ddTrace))
  const telemetry = { 'dd-client-library-language': 'nodejs' }
  expect([isOfOtherTracer({ headers: telemetry }), isOfOtherTracer({ path: '/v0.7/config' }), said]).toEqual([
    true,
    true,
    [],
  ])
  expect(isOfOtherTracer({ headers: TRACES_OF_DATADOG })).toBe(true)
  expect(said).toEqual([expect.stringMatching(/^spanwright: dd-trace traces this app, too: .*DD_APM_TRACING_ENABLED/)])
})
