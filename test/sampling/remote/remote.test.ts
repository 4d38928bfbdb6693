import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { remoteSampler, type RemoteOptions, type RemoteSampler } from '../../../src/sampling/remote/remote-sampler.js'
import { perOperationSampler } from '../../../src/sampling/remote/per-operation.js'
import { parseStrategies } from '../../../src/sampling/remote/strategies.js'
import { randomTraceId, seeded, weightOf } from '../simulation.js'

let server: Server
let endpoint: string
let answer: (response: ServerResponse) => void
const asked: string[] = []
const open: RemoteSampler[] = []

beforeEach(async () => {
  asked.length = 0
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const sampler of open.splice(0)) sampler.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  vi.restoreAllMocks()
})

function remote(options: Partial<RemoteOptions> = {}): RemoteSampler {
  const sampler = remoteSampler({ endpoint, serviceName: 'shop', initialSampler: alwaysOff(), ...options })
  open.push(sampler)
  return sampler
}

const answering =
  (body: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.statusCode = status
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

function keeps(sampler: RemoteSampler, name = 'GET /'): boolean {
  const { decision } = sampler.shouldSample(ROOT_CONTEXT, 'e'.repeat(32), name, SpanKind.SERVER, {}, [])
  return decision === SamplingDecision.RECORD_AND_SAMPLED
}

test('the first question is asked at once, for the service, and its answer decides', async () => {
  answer = answering({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 1 } })
  const sampler = remote()
  expect(keeps(sampler)).toBe(false)
  await vi.waitFor(() => expect(keeps(sampler)).toBe(true))
  expect(asked).toEqual(['/sampling?service=shop'])
})

test('a path and a query of the endpoint stay', async () => {
  answer = answering({ probabilisticSampling: { samplingRate: 1 } })
  remote({ endpoint: `${endpoint}/api/sampling?tenant=a` })
  await vi.waitFor(() => expect(asked).toEqual(['/api/sampling?tenant=a&service=shop']))
})

test('operations go before the ratio, and the ratio before the rate, whatever strategyType says', async () => {
  answer = answering({
    strategyType: 1,
    rateLimitingSampling: { maxTracesPerSecond: 0 },
    probabilisticSampling: { samplingRate: 0 },
    operationSampling: {
      defaultSamplingProbability: 0,
      perOperationStrategies: [{ operation: 'checkout', probabilisticSampling: { samplingRate: 1 } }],
    },
  })
  const sampler = remote()
  await vi.waitFor(() => expect(keeps(sampler, 'checkout')).toBe(true))
  expect(keeps(sampler, 'browse')).toBe(false)
})

test('asks again each interval, the first time at a random moment of it', async () => {
  answer = answering({ probabilisticSampling: { samplingRate: 1 } })
  const random = vi.fn(() => 0.5)
  remote({ pollMillis: 20, random })
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(3))
  expect(random).toHaveBeenCalledTimes(1)
})

describe('the last good answer stays', () => {
  test.each([
    ['after an error of the server', answering('', 500), /HTTP 500/],
    ['after an answer without a strategy', answering({}), /no sampling strategy/],
    ['after an answer that is no JSON', answering('<html>'), /JSON/],
    ['after a ratio of 7', answering({ probabilisticSampling: { samplingRate: 7 } }), /samplingRate is not a number/],
    ['after an answer without an end', answering('x'.repeat(5_000)), /longer than 4000 bytes/],
    ['after no answer', () => {}, /no answer within 200 ms/],
  ])('%s', async (_when, worse, reason) => {
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    answer = answering({ probabilisticSampling: { samplingRate: 1 } })
    const sampler = remote({ pollMillis: 10, timeoutMillis: 200, maxBodyBytes: 4_000 })
    await vi.waitFor(() => expect(keeps(sampler)).toBe(true))
    answer = worse
    await vi.waitFor(() => expect(told.mock.calls.map(String).join('')).toMatch(reason))
    expect(told.mock.calls.map(String).join('')).toContain('the last answer stays')
    expect(keeps(sampler)).toBe(true)
  })
})

test('a server that is away leaves the initial sampler, and never throws', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const sampler = remote({ endpoint: 'http://127.0.0.1:1', initialSampler: alwaysOn() })
  await vi.waitFor(() => expect(told.mock.calls.map(String).join('')).toContain('its initial sampler decides'))
  expect(keeps(sampler)).toBe(true)
})

test('after close nothing is asked, and the last answer stays', async () => {
  answer = answering({ probabilisticSampling: { samplingRate: 1 } })
  const sampler = remote({ pollMillis: 5 })
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(1))
  sampler.close()
  const before = asked.length
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(asked.length - before).toBeLessThanOrEqual(1)
  expect(keeps(sampler)).toBe(true)
})

describe('an operation', () => {
  const strategy = { ratio: 0.01, lowerBound: 2 }

  function keptPerSecond(perSecond: number, seconds: number): { kept: number; estimate: number } {
    let now = 0
    const sampler = perOperationSampler(strategy, new Map(), { nowMillis: () => now })
    const random = seeded(3)
    let kept = 0
    let estimate = 0
    for (let i = 0; i < perSecond * seconds; i++) {
      now += 1_000 / perSecond
      const result = sampler.shouldSample(ROOT_CONTEXT, randomTraceId(random), 'op', SpanKind.SERVER, {}, [])
      if (now < 20_000) continue
      kept += weightOf(result) > 0 ? 1 : 0
      estimate += weightOf(result)
    }
    return { kept: kept / (seconds - 20), estimate: estimate / (seconds - 20) }
  }

  test('that is rare is kept at the lower bound, with weights that add up to its rate', () => {
    const { kept, estimate } = keptPerSecond(20, 500)
    expect(kept).toBeGreaterThan(1.8)
    expect(kept).toBeLessThan(2.2)
    expect(Math.abs(estimate / 20 - 1)).toBeLessThan(0.1)
  })

  test('that is frequent is kept at its ratio', () => {
    const { kept } = keptPerSecond(1_000, 60)
    expect(kept).toBeGreaterThan(8)
    expect(kept).toBeLessThan(12)
  })

  test('beyond the 256th is not remembered by itself', () => {
    const perOperationStrategies = Array.from({ length: 300 }, (_, index) => ({
      operation: `op ${index}`,
      probabilisticSampling: { samplingRate: 1 },
    }))
    const strategies = parseStrategies(JSON.stringify({ operationSampling: { perOperationStrategies } }))
    expect(strategies).toMatchObject({ kind: 'perOperation', operations: { size: 256 } })
  })
})

test.each([
  ['endpoint', { endpoint: 'localhost:5778' }],
  ['serviceName', { serviceName: '' }],
  ['serviceName', { serviceName: undefined }],
  ['pollMillis', { pollMillis: 0 }],
  ['timeoutMillis', { timeoutMillis: Number.NaN }],
  ['maxBodyBytes', { maxBodyBytes: 0.5 }],
  ['initialSampler', { initialSampler: {} }],
  ['url', { url: 'x' }],
])('an option that is wrong throws with its name: %s', (option, options) => {
  const make = (): RemoteSampler => remoteSampler({ endpoint, serviceName: 'shop', ...options } as RemoteOptions)
  expect(make).toThrow(TracingConfigError)
  expect(make).toThrow(expect.objectContaining({ option }))
})
