import { describe, expect, test } from 'vitest'
import { startTracing, TracingConfigError } from '../../src/index.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

const TRACE_ID = 'abcdef0123456789abcdef0123456789'
const INCOMING = { traceparent: `00-${TRACE_ID}-00000000000000aa-01`, baggage: 'user=ann' }

interface Headers {
  readonly traceparent?: string
  readonly baggage?: string
}
type Callee = 'friend' | 'stranger'
interface Told {
  readonly seen: Readonly<Record<Callee, Readonly<Record<'http' | 'fetch' | 'span', Headers>>>>
  readonly headers: Readonly<Record<string, string>>
}

const run = async (
  env: Record<string, string>,
  options: object | null = null,
  incoming: object = INCOMING,
): Promise<TracedRun & { readonly told: Told }> => {
  const args = [JSON.stringify(options), JSON.stringify(incoming)]
  const result = await runTracedApp('propagation/borders.mjs', { env, args, withoutFlag: options !== null })
  expect(result.said).toEqual([])
  return { ...result, told: JSON.parse(result.stdout) as Told }
}

const gotContext = ({ seen }: Told, callee: Callee): boolean[] =>
  Object.values(seen[callee]).map(({ traceparent, baggage }) => traceparent !== undefined && baggage !== undefined)

describe('propagation targets', () => {
  test('are all by default: http, fetch and withHttpSpan send the trace and the baggage to everybody', async () => {
    const { told } = await run({})
    expect(gotContext(told, 'friend')).toEqual([true, true, true])
    expect(gotContext(told, 'stranger')).toEqual([true, true, true])
  })

  test.each([
    ['parts of URLs in a variable', { SPANWRIGHT_PROPAGATION_TARGETS: 'nobody, /for/friend' }, null],
    ['regular expressions in a variable', { SPANWRIGHT_PROPAGATION_TARGETS: '/FRIEND$/i' }, null],
    ['parts of URLs in code', {}, { propagationTargets: ['/for/friend'] }],
    ['regular expressions in code', {}, { targetPattern: '^http://127\\.0\\.0\\.1:\\d+/for/friend$' }],
  ])('as %s keep headers from everybody else', async (_what, env, options) => {
    const { told } = await run(env, options)
    expect(gotContext(told, 'friend')).toEqual([true, true, true])
    expect(gotContext(told, 'stranger')).toEqual([false, false, false])
    expect(told.seen.stranger.fetch).toEqual({})
  })

  test('hold for requests that are not sampled, too', async () => {
    const { told } = await run({ OTEL_TRACES_SAMPLER: 'always_off', SPANWRIGHT_PROPAGATION_TARGETS: 'friend' })
    expect(gotContext(told, 'friend')).toEqual([true, true, true])
    expect(gotContext(told, 'stranger')).toEqual([false, false, false])
  })

  test('are nobody when the list is empty', async () => {
    const { told } = await run({}, { propagationTargets: [] })
    expect(gotContext(told, 'friend')).toEqual([false, false, false])
  })
})

describe('what comes in', () => {
  test('is continued by default, with its baggage', async () => {
    const { told } = await run({})
    expect(told.seen.friend.http.traceparent).toContain(TRACE_ID)
    expect(told.seen.friend.http.baggage).toBe('user=ann,tenant=acme')
  })

  test.each([
    ['SPANWRIGHT_TRUST_INCOMING=false', { SPANWRIGHT_TRUST_INCOMING: 'False' }, null],
    ['trustIncoming: false', {}, { trustIncoming: false }],
  ])('starts a trace of its own with %s, without the baggage', async (_what, env, options) => {
    const { told } = await run(env, options)
    expect(told.seen.friend.http.traceparent).toMatch(/^00-[0-9a-f]{32}-/)
    expect(told.seen.friend.http.traceparent).not.toContain(TRACE_ID)
    expect(told.seen.friend.http.baggage).toBe('tenant=acme')
  })
})

describe('the headers of a response', () => {
  test('say nothing of the trace by default', async () => {
    const { told } = await run({})
    expect(told.headers).not.toHaveProperty('traceresponse')
    expect(told.headers['server-timing']).toBe('db;dur=1')
  })

  test.each([
    ['in a variable', { SPANWRIGHT_TRACE_RESPONSE_HEADERS: 'traceresponse, Server-Timing' }, null],
    ['in code', {}, { traceResponseHeaders: ['traceresponse', 'server-timing'] }],
  ])('name the server span when it is asked for %s', async (_what, env, options) => {
    const { told, spans } = await run(env, options)
    const server = spans.find(({ parentSpanId }) => parentSpanId === '00000000000000aa')
    expect(told.headers.traceresponse).toBe(`00-${TRACE_ID}-${server?.spanId}-01`)
    const { traceresponse } = told.headers
    expect(told.headers['server-timing']).toBe(`db;dur=1, traceparent;desc="${traceresponse}"`)
    expect(told.headers['access-control-expose-headers']).toBe('Server-Timing')
  })
})

describe('baggage', () => {
  const attributeValues = ({ spans }: TracedRun, name: string): unknown[] =>
    spans.map(({ attributes }) => attributes[name])

  test('is on no span by default', async () => {
    const result = await run({})
    expect(new Set(attributeValues(result, 'tenant'))).toEqual(new Set([undefined]))
  })

  test.each([
    ['SPANWRIGHT_BAGGAGE_ATTRIBUTES', { SPANWRIGHT_BAGGAGE_ATTRIBUTES: 'tenant' }, null],
    ['baggageAttributes', {}, { baggageAttributes: ['tenant'] }],
  ])('is on every span below it that %s lists, and no other entry', async (_what, env, options) => {
    const result = await run(env, options)
    expect(attributeValues(result, 'tenant')).toContain('acme')
    expect(new Set(attributeValues(result, 'user'))).toEqual(new Set([undefined]))
  })
})

describe('a wrong option', () => {
  test.each<[object, string, string]>([
    [{ propagationTargets: 'a' }, 'propagationTargets', 'ERR_OPTION_TYPE'],
    [{ propagationTargets: ['a', 1] }, 'propagationTargets[1]', 'ERR_OPTION_TYPE'],
    [{ propagationTargets: [''] }, 'propagationTargets[0]', 'ERR_OPTION_RANGE'],
    [{ trustIncoming: 'no' }, 'trustIncoming', 'ERR_OPTION_TYPE'],
    [{ traceResponseHeaders: ['x-trace'] }, 'traceResponseHeaders[0]', 'ERR_OPTION_RANGE'],
  ])('%j is refused at the start', (options, option, code) => {
    const start = (): unknown => startTracing(options)
    expect(start).toThrow(TracingConfigError)
    expect(start).toThrow(expect.objectContaining({ option, code }) as Error)
  })
})

describe('a wrong variable', () => {
  const run = (env: Record<string, string>): Promise<TracedRun> => runTracedApp('probe.mjs', { env })

  test.each([
    ['SPANWRIGHT_PROPAGATION_TARGETS', '/(/'],
    ['SPANWRIGHT_TRUST_INCOMING', 'maybe'],
    ['SPANWRIGHT_TRACE_RESPONSE_HEADERS', 'x-trace'],
    ['SPANWRIGHT_BAGGAGE_ATTRIBUTES', '*'],
  ])('%s=%s is logged once, and the app runs', async (name, value) => {
    const result = await run({ [name]: value })
    expect(result.exitCode).toBe(0)
    expect(result.said).toEqual([expect.stringContaining(`${name} must be `)])
  })
})
