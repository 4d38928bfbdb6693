import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TracingConfigError, watchedRuleSampler } from '../../../src/index.js'

test('takes rules from a file, with samplers by their names in the environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rules '))
  const file = join(folder, 'rules.json')
  writeFileSync(
    file,
    '{ "rules": [{ "name": "GET /health*", "sampler": "always_off" }], "fallback": { "probability": { "ratio": 0.5 } } }',
  )
  const sampler = watchedRuleSampler({ file })
  sampler.close()
  rmSync(folder, { recursive: true })
  expect(sampler.toString()).toContain('AlwaysOffSampler')
  expect(sampler.toString()).toContain('Probability{0.5}')
})

test('throws at the start for a file that is not there, and names the option', () => {
  const make = (): unknown => watchedRuleSampler({ file: '/nowhere/rules.json' })
  expect(make).toThrow(TracingConfigError)
  expect(make).toThrow(/^file must be a file with sampling rules/)
})
