import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { optionsInArgument } from '../../../src/sampling/names/env.js'
import { mainOptionOf, SAMPLER_NAMES, samplerFromName } from '../../../src/sampling/names/registry.js'

const shown = (name: string, argument = ''): string =>
  samplerFromName(name, optionsInArgument(argument, argument === '' ? undefined : mainOptionOf(name))).toString()

test.each([
  ['probability', '0.25', 'Probability{0.25}'],
  ['parentbased_probability', '0.25', 'ParentBased{Probability{0.25}}'],
  ['rate_limiting', 'maxTracesPerSecond=50,burst=20', 'RateLimiting{50/s}'],
  ['error_biased', '0.1', 'ErrorBiased{Probability{0.1}, errors=10/s}'],
  [
    'parentbased_error_biased',
    'ratio=0.1, maxErrorTracesPerSecond=5, slowMillis=500',
    'ErrorBiased{Probability{0.1}, errors=5/s, slow=500ms}',
  ],
  ['always_off', '', 'AlwaysOffSampler'],
])('%s with the argument %s is %s', (name, argument, expected) => {
  expect(shown(name, argument)).toBe(expected)
})

test('rule_based takes the path of a file, in which samplers have these names too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'named-'))
  const file = join(folder, 'rules=1.json')
  writeFileSync(file, '{ "rules": [{ "sampler": { "error_biased": { "ratio": 0 } } }], "fallback": "always_off" }')
  const sampler = samplerFromName('rule_based', optionsInArgument(file, mainOptionOf('rule_based')))
  expect(sampler.toString()).toMatch(/^RuleBased\{rule 1: ErrorBiased\{.*, else: AlwaysOffSampler\}$/)
  ;(sampler as unknown as { close(): void }).close()
  rmSync(folder, { recursive: true })
})

test.each([
  ['probability', 'abc', 'ratio'],
  ['probability', '1.5', 'ratio'],
  ['error_biased', 'ratoi=0.1', 'ratoi'],
  ['always_on', '7', '7'],
  ['sometimes', '', 'sampler'],
  ['toString', '', 'sampler'],
  ['rule_based', '/does/not/exist.json', 'file'],
  ['jaeger_remote', 'endpoint=nowhere,pollingIntervalMs=5', 'serviceName'],
])('%s with the argument %s throws, and names %s', (name, argument, option) => {
  const make = (): string => shown(name, argument)
  expect(make).toThrow(TracingConfigError)
  expect(make).toThrow(expect.objectContaining({ option }))
})

test('all names are there, each with parentbased_', () => {
  expect(SAMPLER_NAMES).toEqual(expect.arrayContaining(['jaeger_remote', 'parentbased_rule_based', 'dynamic']))
  expect(SAMPLER_NAMES).toHaveLength(18)
})
