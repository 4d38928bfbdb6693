import { createNoopMeter, metrics } from '@opentelemetry/api'
import { HttpInstrumentation, type HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { beforeAll, describe, expect, test } from 'vitest'
import { GET } from './handled.js'
import { followContexts, lean, serve, traced, upstream, wentToUpstream, type Create } from './traced-servers.js'

beforeAll(followContexts)

interface Look {
  readonly config?: HttpInstrumentationConfig
  readonly raw?: string
  readonly create?: Create
  readonly prepare?: (instrumentation: HttpInstrumentation) => void
}

/** Which code a request went through, by what it leaves behind. */
async function pathOf({ config, raw = GET, create = lean, prepare }: Look): Promise<string> {
  const { instrumentation } = traced(create, config)
  prepare?.(instrumentation)
  const paths: string[] = []
  await using server = await serve(
    instrumentation,
    (request, response) => {
      paths.push(wentToUpstream(request) ? 'upstream' : 'lean')
      response.end()
    },
    { requireHostHeader: false },
  )
  await server.send(raw)
  return paths.join()
}

const request = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n')

test('upstream has what is reached into', () => {
  const inside = new HttpInstrumentation({ enabled: false }) as unknown as Record<string, unknown>
  expect(Object.hasOwn(HttpInstrumentation.prototype, '_incomingRequestFunction')).toBe(true)
  expect(HttpInstrumentation.prototype).toHaveProperty('_incomingRequestFunction.length', 2)
  expect(inside).toHaveProperty('_httpServerDurationHistogram')
  expect(inside._httpServerDurationHistogram?.constructor).toBe(createNoopMeter().createHistogram('none').constructor)
  expect(inside._httpClientDurationHistogram?.constructor).toBe(createNoopMeter().createHistogram('none').constructor)
  expect(inside).toHaveProperty('_headerCapture.client.captureRequestHeaders.length', 1)
  expect(inside).toHaveProperty('_headerCapture.client.captureResponseHeaders.length', 1)
  expect(inside.tracer).toHaveProperty('startSpan')
  const lengths = {
    _outgoingRequestFunction: 2,
    _getPatchHttpsOutgoingRequestFunction: 1,
    _recordClientDuration: 2,
    _startHttpSpan: 2,
    _setDefaultOptions: 1,
    _traceClientRequest: 4,
    _onServerResponseFinish: 5,
    _onServerResponseError: 4,
    _onOutgoingRequestError: 4,
    _closeHttpSpan: 4,
  }
  for (const [name, length] of Object.entries(lengths)) {
    expect(HttpInstrumentation.prototype).toHaveProperty(`${name}.length`, length)
  }
})

test('upstream by itself is seen as such', async () => {
  await expect(pathOf({ create: upstream })).resolves.toBe('upstream')
})

describe('lean are', () => {
  test.each([
    ['a plain request', GET],
    ['one without a host', request('GET /')],
    ['a host with a port', request('GET /', 'Host: api.example.com:8080')],
    ['an address with a port', request('GET /', 'Host: 10.0.0.7:3000')],
    ['a query', request('GET /items?page=2&size=10&x=', 'Host: a')],
    ['a secret in the query', request('GET /?a=1&sig=secret', 'Host: a')],
    [
      'what a proxy adds',
      request('GET /', 'Host: a', 'X-Forwarded-For: 1.2.3.4, 10.0.0.1', 'X-Forwarded-Proto: https'),
    ],
    ['the host that a proxy was asked for', request('GET /', 'Host: a', 'X-Forwarded-Host: b.example:444')],
    ['a path with what URL keeps', request("GET /a//b;v=1/$@(x)+'~!*,:&=%20", 'Host: a')],
    ['any known method', request('QUERY /', 'Host: a')],
  ])('%s', async (_, raw) => {
    await expect(pathOf({ raw })).resolves.toBe('lean')
  })

  test.each<[string, HttpInstrumentationConfig]>([
    ['responseHook', { responseHook: () => {} }],
    ['options for requests to others', { startOutgoingSpanHook: () => ({}), ignoreOutgoingRequestHook: () => false }],
    ['more of these', { requireParentforOutgoingSpans: true, disableOutgoingRequestInstrumentation: false }],
    ['an option that is undefined', { requestHook: undefined } as object],
  ])('requests with %s', async (_, config) => {
    await expect(pathOf({ config })).resolves.toBe('lean')
  })
})

describe('left to upstream are', () => {
  test.each([
    ['an odd method', request('PROPFIND /', 'Host: a')],
    ['a path to be normalised', request('GET /a/../b', 'Host: a')],
    ['… in other words', request('GET /a/%2e%2E/b', 'Host: a')],
    ['a whole URL', request('GET http://a/b', 'Host: a')],
    ['an asterisk', request('OPTIONS *', 'Host: a')],
    ['a query that is written anew', request('GET /?a=b%20c', 'Host: a')],
    ['… as this is', request('GET /?a', 'Host: a')],
    ['a forwarded header', request('GET /', 'Host: a', 'Forwarded: for=1.2.3.4')],
    ['… of nothing', request('GET /', 'Host: a', 'Forwarded:')],
    ['IPv6 in x-forwarded-for', request('GET /', 'Host: a', 'X-Forwarded-For: 2001:db8::1')],
    ['a port in x-forwarded-for', request('GET /', 'Host: a', 'X-Forwarded-For: 1.2.3.4:80')],
    ['IPv6 in x-forwarded-host', request('GET /', 'Host: a', 'X-Forwarded-Host: [::1]:80')],
    ['IPv6 as host', request('GET /', 'Host: [::1]:80')],
    ['a host that URL refuses', request('GET /', 'Host: 1.2.3.4.5')],
    ['… for its port', request('GET /', 'Host: a:65536')],
    ['… for its punycode', request('GET /', 'Host: a.xn--a')],
  ])('%s', async (_, raw) => {
    await expect(pathOf({ raw })).resolves.toBe('upstream')
  })

  /** Each option that upstream knows; what says nothing of requests to servers is above. */
  const OF_CONCERN: Omit<
    Required<HttpInstrumentationConfig>,
    | 'enabled'
    | 'responseHook'
    | 'disableOutgoingRequestInstrumentation'
    | 'ignoreOutgoingRequestHook'
    | 'requireParentforOutgoingSpans'
    | 'startOutgoingSpanHook'
  > = {
    ignoreIncomingRequestHook: () => false,
    disableIncomingRequestInstrumentation: false,
    applyCustomAttributesOnSpan: () => {},
    requestHook: () => {},
    startIncomingSpanHook: () => ({}),
    requireParentforIncomingSpans: false,
    headersToSpanAttributes: { server: { requestHeaders: ['x-tenant'] } },
    enableSyntheticSourceDetection: true,
    redactedQueryParams: ['token'],
    redactedQueryParamsServer: ['token'],
  }

  test.each(Object.entries(OF_CONCERN))('requests with %s', async (name, value) => {
    await expect(pathOf({ config: { [name]: value } })).resolves.toBe('upstream')
  })

  test('requests with an option that comes later, or that we do not know; until it goes', async () => {
    const config = (given: object) => (instrumentation: HttpInstrumentation) => instrumentation.setConfig(given)
    await expect(pathOf({ prepare: config({ requestHook: () => {} }) })).resolves.toBe('upstream')
    await expect(pathOf({ prepare: config({ optionOfTomorrow: 1 }) })).resolves.toBe('upstream')
    await expect(pathOf({ config: OF_CONCERN, prepare: config({}) })).resolves.toBe('lean')
  })

  test('all requests while metrics are on', async () => {
    const meters = new MeterProvider()
    const on = (instrumentation: HttpInstrumentation): void => instrumentation.setMeterProvider(meters)
    const off = (instrumentation: HttpInstrumentation): void =>
      instrumentation.setMeterProvider({ getMeter: () => createNoopMeter() })
    await expect(pathOf({ prepare: on })).resolves.toBe('upstream')
    await expect(
      pathOf({
        prepare: (instrumentation) => {
          on(instrumentation)
          off(instrumentation)
        },
      }),
    ).resolves.toBe('lean')
    await meters.shutdown()
  })

  test('all requests where metrics were on before the instrumentation was made', async () => {
    const meters = new MeterProvider()
    metrics.setGlobalMeterProvider(meters)
    try {
      await expect(pathOf({})).resolves.toBe('upstream')
    } finally {
      metrics.disable()
      await meters.shutdown()
    }
  })

  test('all requests where upstream has its histogram elsewhere', async () => {
    const prepare = (instrumentation: object): void => {
      Object.assign(instrumentation, { _httpServerDurationHistogram: undefined, _recordServerDuration: () => {} })
    }
    await expect(pathOf({ prepare })).resolves.toBe('upstream')
  })
})
