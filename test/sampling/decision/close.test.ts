import { ParentBasedSampler, type Sampler } from '@opentelemetry/sdk-trace'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  alwaysOff,
  alwaysOn,
  anyOf,
  errorBiasedSampler,
  fromComposable,
  parentBased,
  rateLimitingSampler,
  remoteSampler,
  ruleBasedSampler,
  toComposable,
} from '../../../src/index.js'
import { ruleFileSampler } from '../../../src/sampling/rules/rule-file.js'
import { SamplingPipeline } from '../../../src/sampling/runtime/pipeline.js'

const closable = (close: () => unknown = () => undefined): Sampler & { close: ReturnType<typeof vi.fn> } =>
  Object.assign(alwaysOff(), { close: vi.fn(close) })

const HOLDERS: [string, (sampler: Sampler) => Sampler][] = [
  ['parentBased', parentBased],
  ['anyOf', (sampler) => anyOf(alwaysOn(), sampler)],
  ['a rule', (sampler) => ruleBasedSampler([{ name: 'a', sampler }])],
  ['the fallback of rules', (fallback) => ruleBasedSampler([], { fallback })],
  ['rateLimitingSampler', (delegate) => rateLimitingSampler({ maxTracesPerSecond: 1, delegate })],
  ['rateLimitingSampler at 0', (delegate) => rateLimitingSampler({ maxTracesPerSecond: 0, delegate })],
  ['errorBiasedSampler', (sampler) => errorBiasedSampler({ sampler })],
  ['composables', (sampler) => fromComposable(toComposable(sampler))],
  ["OpenTelemetry's ParentBasedSampler", (root) => new ParentBasedSampler({ root })],
  ['several of them', (sampler) => parentBased(anyOf(sampler, fromComposable(toComposable(parentBased(sampler)))))],
]

describe.each(HOLDERS)('a sampler held by %s is closed', (_name, hold) => {
  test('once, with what holds it', () => {
    const inner = closable()
    new SamplingPipeline(hold(inner), undefined).close()
    expect(inner.close).toHaveBeenCalledOnce()
  })

  test('when another one takes its place, unless that one holds it, too', () => {
    const [stays, leaves] = [closable(), closable()]
    const stage = new SamplingPipeline(anyOf(hold(leaves), hold(stays)), undefined)
    stage.setSampler(hold(stays))
    expect([leaves.close.mock.calls.length, stays.close.mock.calls.length]).toEqual([1, 0])
    stage.close()
    expect([leaves.close.mock.calls.length, stays.close.mock.calls.length]).toEqual([1, 1])
  })
})

test('the sampler that was there stays open inside the next one', () => {
  const first = closable()
  const stage = new SamplingPipeline(first, undefined)
  stage.setSampler(anyOf(first, alwaysOn()))
  expect(first.close).not.toHaveBeenCalled()
})

test('a sampler that can not be closed keeps no other from it', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => said.mockRestore())
  const fail = (): never => {
    throw new Error('no way')
  }
  const broken = [
    closable(fail),
    closable(() => Promise.reject(new Error('no way'))),
    Object.assign(alwaysOff(), { close: 5 }),
    Object.defineProperty(alwaysOff(), 'secret', { enumerable: true, get: fail }),
  ]
  const last = closable()
  new SamplingPipeline(anyOf(...broken, last), undefined).close()
  await Promise.resolve()
  expect(last.close).toHaveBeenCalledOnce()
})

test('remote samplers inside others ask no more after they were closed', async () => {
  let questions = 0
  const server = createServer((_request, response) => {
    questions += 1
    response.end('{ "strategyType": "PROBABILISTIC", "probabilisticSampling": { "samplingRate": 1 } }')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await vi.waitFor(() => expect(server.listening).toBe(true))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asks = (): Sampler => remoteSampler({ endpoint, serviceName: 'a', pollMillis: 5, random: () => 0.1 })
  const initial = remoteSampler({ endpoint, serviceName: 'a', pollMillis: 5, initialSampler: asks() })
  const stage = new SamplingPipeline(
    parentBased(ruleBasedSampler([{ name: 'a', sampler: anyOf(asks(), initial) }])),
    undefined,
  )
  await vi.waitFor(() => expect(questions).toBeGreaterThan(6))
  stage.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const atTheEnd = questions
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(questions).toBe(atTheEnd)
})

test('a rule file closes what an edit leaves out, keeps what stays, and closes the rest at its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rules-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rules.json')
  const write = (...names: string[]): Promise<void> =>
    writeFile(file, JSON.stringify({ rules: names.map((sampler) => ({ name: sampler, sampler })) }))
  const made: Record<string, ReturnType<typeof closable>> = {}
  const samplerFromName = (name: string): Sampler => {
    if (name === 'wrong') throw new Error('no such sampler')
    return (made[name] = closable())
  }
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => said.mockRestore())
  const closes = (): Record<string, number> =>
    Object.fromEntries(Object.entries(made).map(([name, { close }]) => [name, close.mock.calls.length]))

  await write('a', 'b')
  const sampler = ruleFileSampler({ file, samplerFromName, pollMillis: 2 })
  await write('a', 'c')
  await vi.waitFor(() => expect(closes()).toEqual({ a: 0, b: 1, c: 0 }))
  await write('a', 'd', 'wrong')
  await vi.waitFor(() => expect(closes()).toEqual({ a: 0, b: 1, c: 0, d: 1 }))
  sampler.close()
  expect(closes()).toEqual({ a: 1, b: 1, c: 1, d: 1 })
})
