import { ROOT_CONTEXT, SpanKind, type Attributes, type Context } from '@opentelemetry/api'
import { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { errorBiasedSampler } from '../../../src/sampling/samplers/error-biased.js'
import { healthChecksAndStaticFiles } from '../../../src/sampling/rules/presets.js'
import { ruleBasedSampler, type SamplingRule } from '../../../src/sampling/rules/rules.js'
import { fail, remoteParent, TailTracing } from '../tail/tail-tracing.js'

const { NOT_RECORD, RECORD_AND_SAMPLED } = SamplingDecision

interface Asked {
  readonly name?: string
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  readonly context?: Context
}

function ask(sampler: Sampler, asked: Asked): SamplingDecision {
  const { name = 'GET', kind = SpanKind.SERVER, attributes = {}, context = ROOT_CONTEXT } = asked
  return sampler.shouldSample(context, '0af7651916cd43dd8448eb211c80319c', name, kind, attributes, []).decision
}

/** Whether a rule with these conditions matches. */
function matches(conditions: Omit<SamplingRule, 'sampler'>, asked: Asked): boolean {
  const sampler = ruleBasedSampler([{ ...conditions, sampler: alwaysOn() }], { fallback: alwaysOff() })
  return ask(sampler, asked) === RECORD_AND_SAMPLED
}

afterEach(() => vi.restoreAllMocks())

describe('a rule matches', () => {
  test.each([
    ['GET /orders', 'GET /orders', true],
    ['GET /orders', 'GET /orders/1', false],
    ['GET *', 'GET /orders/1', true],
    ['*/orders', 'GET /orders', true],
    ['*orders*', 'GET /orders/1', true],
    ['GET /*/items/*', 'GET /orders/items/1', true],
    ['GET /*/items/*', 'GET /orders/1', false],
    ['GET /?', 'GET /a', true],
    ['GET /?', 'GET /ab', false],
    ['ab*ba', 'aba', false],
    ['*a*b*c', 'xxaxxbxxbxc', true],
  ])('the name glob %s against %s: %s', (pattern, name, expected) => {
    expect(matches({ name: pattern }, { name })).toBe(expected)
  })

  test.each([
    ['/users/:id', '/users/7', true],
    ['/users/{id}', '/users/7', true],
    ['/users/:id', '/users/7/orders', false],
    ['/users/:id', '/users/', false],
    ['/users/:id/orders', '/users/7/orders', true],
    ['/users/:id/orders', '/users//orders', false],
    ['/api/*', '/api/v1/users', true],
    ['/api/*/:id/end', '/api/v1/users/7/end', true],
  ])('the route %s against the path %s: %s', (route, path, expected) => {
    expect(matches({ route }, { attributes: { 'url.path': path } })).toBe(expected)
    expect(matches({ route }, { attributes: { 'http.target': `${path}?q=/x` } })).toBe(expected)
  })

  test('a hostile path against many stars in the time of a few milliseconds', () => {
    const path = '/a'.repeat(8_000)
    const start = performance.now()
    expect(matches({ route: '*/a*/a*/a*/a*/a*/a*/b' }, { attributes: { 'url.path': path } })).toBe(false)
    expect(performance.now() - start).toBeLessThan(250)
  })

  test('by kind, of several any', () => {
    expect(matches({ kind: ['server', 'consumer'] }, { kind: SpanKind.CONSUMER })).toBe(true)
    expect(matches({ kind: 'client' }, { kind: SpanKind.SERVER })).toBe(false)
  })

  test.each([
    [{ tier: 'gold' }, { tier: 'gold' }, true],
    [{ tier: 'g*' }, { tier: 'gold' }, true],
    [{ tier: ['silver', 'gold'] }, { tier: 'gold' }, true],
    [{ tier: 'gold' }, { tier: ['silver', 'gold'] }, true],
    [{ retries: 3 }, { retries: 3 }, true],
    [{ retries: 3 }, { retries: '3' }, false],
    [{ tier: 'gold', vip: true }, { tier: 'gold' }, false],
    [{ tier: '*' }, {}, false],
  ])('the attributes %j against %j: %s', (wanted, attributes, expected) => {
    expect(matches({ attributes: wanted }, { attributes })).toBe(expected)
  })

  test('local roots, under a remote parent too, unless it asks for one kind of parent', () => {
    const context = remoteParent({ randomness: 'ffffffffffffff', sampled: true })
    expect(matches({}, { context })).toBe(true)
    expect(matches({ parent: 'none' }, { context })).toBe(false)
    expect(matches({ parent: 'remote' }, { context })).toBe(true)
    expect(matches({ parent: 'remote' }, {})).toBe(false)
  })

  test('by a function of its own, asked only where the other conditions hold', () => {
    const predicate = vi.fn(() => true)
    expect(matches({ name: 'a', matches: predicate }, { name: 'b' })).toBe(false)
    expect(predicate).not.toHaveBeenCalled()
    expect(matches({ name: 'a', matches: predicate }, { name: 'a' })).toBe(true)
    expect(predicate).toHaveBeenCalledWith(
      expect.objectContaining({ name: 'a', kind: SpanKind.SERVER, attributes: {} }),
    )
  })
})

test('the first rule that matches decides', () => {
  const sampler = ruleBasedSampler([
    { name: 'GET /a*', sampler: alwaysOff() },
    { name: 'GET *', sampler: alwaysOn() },
  ])
  expect(ask(sampler, { name: 'GET /abc' })).toBe(NOT_RECORD)
  expect(ask(sampler, { name: 'GET /b' })).toBe(RECORD_AND_SAMPLED)
})

test('without a rule that matches, the fallback decides, and by default everything is kept', () => {
  const never = { name: 'never', sampler: alwaysOff() }
  expect(ask(ruleBasedSampler([never]), {})).toBe(RECORD_AND_SAMPLED)
  expect(ask(ruleBasedSampler([never], { fallback: alwaysOff() }), {})).toBe(NOT_RECORD)
})

test('a rule that throws is logged once, and its spans take the fallback', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const broken = (): boolean => {
    throw new Error('no such customer')
  }
  const rules = [{ label: 'customers', matches: broken, sampler: alwaysOff() }, { sampler: alwaysOff() }]
  const sampler = ruleBasedSampler(rules, { fallback: alwaysOn() })
  expect(ask(sampler, {})).toBe(RECORD_AND_SAMPLED)
  expect(ask(sampler, {})).toBe(RECORD_AND_SAMPLED)
  const lines = told.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('customers'))
  expect(lines).toEqual(['spanwright: sampling customers threw, the fallback decides: no such customer\n'])
})

test("a rule's sampler that throws takes the fallback, and one that throws too drops, without an error", () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const broken: Sampler = {
    shouldSample: () => {
      throw new Error('broken leaf')
    },
    toString: () => 'broken',
  }
  expect(ask(ruleBasedSampler([{ sampler: broken }]), {})).toBe(RECORD_AND_SAMPLED)
  expect(ask(ruleBasedSampler([{ sampler: broken }], { fallback: broken }), {})).toBe(NOT_RECORD)
})

test('children follow their root, whatever rules say of their own names', () => {
  const app = new TailTracing(ruleBasedSampler([{ name: 'noise', sampler: alwaysOff() }]))
  const root = app.start('root')
  app.start('noise', root).end()
  root.end()
  const dropped = app.start('noise')
  app.start('child', dropped).end()
  expect(app.names).toEqual(['noise', 'root'])
})

test("a rule that asks for parent: 'local' decides about children", () => {
  const app = new TailTracing(ruleBasedSampler([{ name: 'noise', parent: 'local', sampler: alwaysOff() }]))
  const root = app.start('root')
  app.start('noise', root).end()
  app.start('query', root).end()
  root.end()
  app.start('noise').end()
  expect(app.names).toEqual(['query', 'root', 'noise'])
})

describe('with an error-biased sampler', () => {
  test('as its leaf, an error keeps the traces of that rule', () => {
    const rules = [{ name: 'checkout', sampler: errorBiasedSampler({ ratio: 0 }) }]
    const app = new TailTracing(ruleBasedSampler(rules, { fallback: alwaysOff() }))
    for (const name of ['checkout', 'browse']) {
      const root = app.start(name)
      fail(app.start('query', root))
      root.end()
    }
    expect(app.names).toEqual(['query', 'checkout'])
  })

  test('around it, each rule says what is slow', () => {
    vi.useFakeTimers()
    const rules = ruleBasedSampler([
      { name: 'search', sampler: alwaysOff(), slowMillis: 50 },
      { name: 'report', sampler: alwaysOff(), slowMillis: 5_000 },
    ])
    const app = new TailTracing(errorBiasedSampler({ sampler: rules, slowMillis: 500 }))
    for (const name of ['search', 'report']) {
      const root = app.start(name)
      vi.advanceTimersByTime(100)
      root.end()
    }
    vi.useRealTimers()
    expect(app.names).toEqual(['search'])
  })
})

describe('healthChecksAndStaticFiles', () => {
  const sampler = ruleBasedSampler([healthChecksAndStaticFiles()])
  const get = (path: string): Asked => ({ attributes: { 'http.request.method': 'GET', 'url.path': path } })

  test.each([
    '/healthz',
    '/health/live',
    '/api/health',
    '/ready',
    '/metrics',
    '/favicon.ico',
    '/app/main.3f2a.js',
    '/a.PNG',
  ])('drops GET %s', (path) => {
    expect(ask(sampler, get(path))).toBe(NOT_RECORD)
    expect(ask(sampler, { name: `GET ${path}` })).toBe(NOT_RECORD)
  })

  test.each(['/orders', '/healthy-recipes', '/users/ready', '/js', '/'])('keeps GET %s', (path) => {
    expect(ask(sampler, get(path))).toBe(RECORD_AND_SAMPLED)
  })

  test('drops the probes of Kubernetes and load balancers, and the health service of gRPC', () => {
    const probe = { ...get('/').attributes, 'user_agent.original': 'kube-probe/1.31' }
    expect(ask(sampler, { attributes: probe })).toBe(NOT_RECORD)
    expect(ask(sampler, { name: 'grpc.health.v1.Health/Check' })).toBe(NOT_RECORD)
  })

  test('keeps what is written to such a path, and calls to other services', () => {
    const attributes = { 'http.request.method': 'POST', 'url.path': '/status' }
    expect(ask(sampler, { attributes })).toBe(RECORD_AND_SAMPLED)
    expect(ask(sampler, { ...get('/healthz'), kind: SpanKind.CLIENT })).toBe(RECORD_AND_SAMPLED)
  })
})

test.each([
  ['rules', {}],
  ['rules[0]', [null]],
  ['rules[0].nmae', [{ nmae: 'x', sampler: alwaysOn() }]],
  ['rules[1].sampler', [{ sampler: alwaysOn() }, { name: 'x' }]],
  ['rules[0].kind', [{ kind: 'servr', sampler: alwaysOn() }]],
  ['rules[0].parent', [{ parent: 'root', sampler: alwaysOn() }]],
  ['rules[0].name', [{ name: 7, sampler: alwaysOn() }]],
  ['rules[0].attributes.tier', [{ attributes: { tier: {} }, sampler: alwaysOn() }]],
  ['rules[0].slowMillis', [{ slowMillis: Number.NaN, sampler: alwaysOn() }]],
  ['rules[0].matches', [{ matches: true, sampler: alwaysOn() }]],
])('a wrong rule throws with its place: %s', (option, rules) => {
  expect(() => ruleBasedSampler(rules as never)).toThrow(TracingConfigError)
  expect(() => ruleBasedSampler(rules as never)).toThrow(expect.objectContaining({ option }))
})
