import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ruleFileSampler, type RuleFileSampler, type SamplerFromName } from '../../../src/sampling/rules/rule-file.js'

let folder: string
let file: string
const open: RuleFileSampler[] = []
const made: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'))
  file = join(folder, 'rules.json')
  made.length = 0
})
afterEach(() => {
  for (const sampler of open.splice(0)) sampler.close()
  rmSync(folder, { recursive: true })
  vi.restoreAllMocks()
})

const samplerFromName: SamplerFromName = (name, options) => {
  made.push(name)
  if (name === 'always_off') return alwaysOff()
  if (name === 'always_on') return alwaysOn()
  if (name === 'probability') return probabilitySampler(options.ratio as number)
  throw new Error(`there is no sampler "${name}"`)
}

function write(rules: unknown, fallback?: unknown): void {
  writeFileSync(`${file}.new`, typeof rules === 'string' ? rules : JSON.stringify({ rules, fallback }))
  renameSync(`${file}.new`, file)
}

function watched(): RuleFileSampler {
  const sampler = ruleFileSampler({ file, samplerFromName, pollMillis: 10 })
  open.push(sampler)
  return sampler
}

function keeps(sampler: Sampler, name: string): boolean {
  const { decision } = sampler.shouldSample(ROOT_CONTEXT, 'a'.repeat(32), name, SpanKind.SERVER, {}, [])
  return decision === SamplingDecision.RECORD_AND_SAMPLED
}

test('rules come from the file, with samplers by name and the ready rule', () => {
  write(['health_checks_and_static_files', { name: 'GET /a*', sampler: { probability: { ratio: 0 } } }], 'always_on')
  const sampler = watched()
  expect(keeps(sampler, 'GET /abc')).toBe(false)
  expect(keeps(sampler, 'GET /healthz')).toBe(false)
  expect(keeps(sampler, 'GET /b')).toBe(true)
})

test('a changed file takes effect while the process runs', async () => {
  write([{ name: 'a', sampler: 'always_off' }])
  const sampler = watched()
  expect(keeps(sampler, 'a')).toBe(false)
  write([{ name: 'b', sampler: 'always_off' }])
  await vi.waitFor(() => expect(keeps(sampler, 'a')).toBe(true))
  expect(keeps(sampler, 'b')).toBe(false)
})

test.each([
  ['{ "rules": [', /JSON/],
  ['{ "rules": [{ "nmae": "a", "sampler": "always_on" }] }', /rules\[0\]\.nmae/],
  ['{ "rules": [{ "sampler": "always_maybe" }] }', /no sampler "always_maybe"/],
  ['{ "rules": [{ "sampler": { "probability": { "ratio": 2 } } }] }', /ratio must be a number from 0 to 1, got 2/],
  ['{ "rules": {} }', /rules must be an array/],
])('a bad file keeps the last good rules and says so: %s', async (text, reason) => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  write([{ name: 'a', sampler: 'always_off' }])
  const sampler = watched()
  write(text)
  await vi.waitFor(() => expect(told.mock.calls.map(String).join('')).toMatch(reason))
  expect(told.mock.calls.map(String).join('')).toContain('the last good ones stay')
  expect(keeps(sampler, 'a')).toBe(false)
})

test('a file that is gone keeps the last good rules', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  write([{ name: 'a', sampler: 'always_off' }])
  const sampler = watched()
  rmSync(file)
  await vi.waitFor(() => expect(told.mock.calls.map(String).join('')).toContain('ENOENT'))
  expect(keeps(sampler, 'a')).toBe(false)
})

test('a sampler whose definition stays is carried over a change, with what it has measured', async () => {
  const limited = { name: 'a', sampler: { probability: { ratio: 0.5 } } }
  write([limited, { name: 'b', sampler: 'always_on' }])
  const sampler = watched()
  write([limited, { name: 'b', sampler: 'always_off' }])
  await vi.waitFor(() => expect(keeps(sampler, 'b')).toBe(false))
  expect(made).toEqual(['probability', 'always_on', 'always_off'])
})

test('a file that is wrong at the start throws with the path', () => {
  write('nonsense')
  expect(() => watched()).toThrow(TracingConfigError)
  expect(() => watched()).toThrow(expect.objectContaining({ option: 'file', received: file }))
})

test('after close the file is not looked at any more', async () => {
  write([{ name: 'a', sampler: 'always_off' }])
  const closed = watched()
  closed.close()
  const other = watched()
  write([])
  await vi.waitFor(() => expect(keeps(other, 'a')).toBe(true))
  expect(keeps(closed, 'a')).toBe(false)
})
