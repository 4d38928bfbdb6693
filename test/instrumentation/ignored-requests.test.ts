import { beforeAll, describe, expect, test } from 'vitest'
import { startTracing, TracingConfigError } from '../../src/index.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

const VARIABLES = {
  SPANWRIGHT_IGNORE_PATHS: '/health, /internal/*',
  SPANWRIGHT_IGNORE_OUTGOING_HOSTS: 'LOCALHOST',
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'X-Tenant',
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'x-answer',
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'x-tenant',
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'x-request-id,content-length',
}
const OPTIONS = {
  ignorePaths: ['/health', '/internal/*'],
  ignoreOutgoingHosts: ['local*'],
  captureHeaders: {
    server: { request: ['x-tenant'], response: ['X-Answer'] },
    client: { request: ['x-tenant'], response: ['x-request-id', 'content-length'] },
  },
}

const run = async (env: Record<string, string>, options?: object): Promise<TracedRun> => {
  const result = await runTracedApp('http/ignored.mjs', {
    args: options ? [JSON.stringify(options)] : [],
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns', ...env },
    withoutFlag: options !== undefined,
  })
  expect([result.exitCode, result.said]).toEqual([0, []])
  return result
}

const pathOf = ({ attributes }: ReceivedSpan): string => {
  const url = (attributes['url.full'] ?? attributes['url.path'] ?? '') as string
  return URL.parse(url, 'http://a')?.pathname ?? ''
}
const pathsOf = (spans: readonly ReceivedSpan[], kind: string): string[] =>
  spans.filter((span) => span.kind === kind).map(pathOf)

describe.each([
  ['variables', VARIABLES, undefined],
  ['options, beside hooks of the app', {}, { ...OPTIONS, hooks: true }],
])('by %s', (_what, env, options) => {
  const hasHooks = options !== undefined
  let spans: readonly ReceivedSpan[]
  let got: Readonly<Record<string, boolean>>

  beforeAll(async () => {
    const result = await run(env, options)
    spans = result.spans
    got = JSON.parse(result.stdout) as typeof got
  })

  test('requests to paths that are ignored have no span, nor has anything that is done for them', () => {
    const servers = pathsOf(spans, 'SERVER')
    expect(servers).toEqual(expect.arrayContaining(['/items', '/healthy', '/two', '/other', '/called-for/items']))
    expect(servers.includes('/by-hook')).toBe(!hasHooks)
    for (const path of ['/health', '/internal/a/b']) expect(servers).not.toContain(path)
    expect(pathsOf(spans, 'CLIENT').filter((path) => path.startsWith('/called-for/health'))).toEqual([
      '/called-for/healthy',
    ])
    const parents = new Set(spans.map(({ spanId }) => spanId))
    const work = spans.filter(({ name }) => name === 'work')
    expect(work.every(({ parentSpanId }) => parents.has(parentSpanId ?? ''))).toBe(true)
    expect(work.length).toBe(hasHooks ? 5 : 6)
    expect([got['/called-for/health'], got['/called-for/items']]).toEqual([false, true])
  })

  test('requests to hosts that are ignored have no span and carry no headers, and the others do', () => {
    const clients = pathsOf(spans, 'CLIENT')
    expect(clients).toEqual(expect.arrayContaining(['/out/http', '/out/fetch', '/two']))
    for (const path of ['/ignored/http', '/ignored/fetch', '/other']) expect(clients).not.toContain(path)
    expect(clients.includes('/out-by-hook')).toBe(!hasHooks)
    expect([got['/ignored/http'], got['/ignored/fetch']]).toEqual([false, false])
  })

  const headersOf = (kind: string, path: string): Record<string, unknown> => {
    const [span] = spans.filter((one) => one.kind === kind && pathOf(one) === path)
    const entries = Object.entries(span?.attributes ?? {}).filter(([name]) => name.includes('.header.'))
    return Object.fromEntries(entries)
  }

  test('headers that are named are attributes, lists of texts, of servers and clients of every kind', () => {
    expect(headersOf('SERVER', '/items')).toEqual({
      'http.request.header.x-tenant': ['t1, t2'],
      'http.response.header.x-answer': ['a1'],
    })
    expect(headersOf('SERVER', '/two')).toEqual({
      'http.request.header.x-tenant': ['t3'],
      'http.response.header.x-answer': ['a2'],
    })
    expect(headersOf('CLIENT', '/two')).toEqual({ 'http.request.header.x-tenant': ['t3'] })
    const answered = { 'http.response.header.x-request-id': ['r1'], 'http.response.header.content-length': ['2'] }
    expect(headersOf('CLIENT', '/out/http')).toEqual({ 'http.request.header.x-tenant': ['t4'], ...answered })
    expect(headersOf('CLIENT', '/out/fetch')).toEqual({ 'http.request.header.x-tenant': ['t5'], ...answered })
  })

  test('secrets in URLs are on no span, of servers and clients of every kind', () => {
    const query =
      'a=1&sig=REDACTED&X-Amz-Signature=REDACTED&X-Goog-Signature=REDACTED&AWSAccessKeyId=REDACTED&Signature=REDACTED'
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('s3cret')
    const [server] = spans.filter((span) => pathOf(span) === '/secrets')
    expect(server?.attributes['url.query']).toBe(query)
    for (const path of ['/out/http', '/out/fetch']) {
      const [client] = spans.filter((span) => span.kind === 'CLIENT' && pathOf(span) === path)
      expect(client?.attributes['url.full']).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+${path}\\?${query}$`))
    }
    const [proxied] = spans.filter((span) => span.kind === 'CLIENT' && pathOf(span) === '/out/proxied')
    expect(proxied?.attributes['url.full']).toBe('http://REDACTED:REDACTED@proxied.example/out/proxied')
    const [named] = spans.filter((span) => span.kind === 'CLIENT' && pathOf(span) === '/out/http')
    expect(named?.attributes['user_agent.original']).toBe('me')
  })
})

describe('a wrong option', () => {
  test.each<[object, string, string]>([
    [{ ignorePaths: '/health' }, 'ignorePaths', 'ERR_OPTION_TYPE'],
    [{ ignorePaths: ['health'] }, 'ignorePaths[0]', 'ERR_OPTION_RANGE'],
    [{ ignorePaths: ['/a', 7] }, 'ignorePaths[1]', 'ERR_OPTION_TYPE'],
    [{ ignoreOutgoingHosts: ['http://a/'] }, 'ignoreOutgoingHosts[0]', 'ERR_OPTION_RANGE'],
    [{ captureHeaders: ['x-a'] }, 'captureHeaders', 'ERR_OPTION_TYPE'],
    [{ captureHeaders: { servers: {} } }, 'captureHeaders.servers', 'ERR_OPTION_UNKNOWN'],
    [{ captureHeaders: { server: { request: ['a b'] } } }, 'captureHeaders.server.request[0]', 'ERR_OPTION_RANGE'],
    [{ captureHeaders: { client: { response: [/x/] } } }, 'captureHeaders.client.response[0]', 'ERR_OPTION_TYPE'],
  ])('%j is refused at the start', (options, option, code) => {
    const start = (): unknown => startTracing(options)
    expect(start).toThrow(TracingConfigError)
    expect(start).toThrow(expect.objectContaining({ option, code }) as Error)
  })
})

test('a wrong variable is logged once, what is right in it holds, and the app runs', async () => {
  const result = await runTracedApp('probe.mjs', {
    env: {
      SPANWRIGHT_IGNORE_PATHS: 'health,/ok',
      SPANWRIGHT_IGNORE_OUTGOING_HOSTS: 'http://a/b',
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'x a',
    },
  })
  expect(result.exitCode).toBe(0)
  expect(result.said).toEqual([
    expect.stringContaining('SPANWRIGHT_IGNORE_PATHS must be '),
    expect.stringContaining('SPANWRIGHT_IGNORE_OUTGOING_HOSTS must be '),
    expect.stringContaining('OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS must be '),
  ])
})
