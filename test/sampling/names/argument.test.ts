import { expect, test } from 'vitest'
import { samplerFromEnvironmentName } from '../../../src/sampling/names/env.js'

function byName(name: string, argument: string): { sampler: string | undefined; said: string[] } {
  const said: string[] = []
  const complaints = {
    unknownName: () => said.push('unknown'),
    wrongArgument: (problem: string, instead: string) => said.push(`${problem}; ${instead}`),
  }
  return { sampler: samplerFromEnvironmentName(name, argument, complaints)?.toString(), said }
}

test.each([
  ['probability', '10%', 'Probability{0.1}'],
  ['probability', ' 0.5 % ', 'Probability{0.005}'],
  ['probability', 'ratio=10%', 'Probability{0.1}'],
  ['traceidratio', '25%', 'TraceIdRatioBased{0.25}'],
])('%s reads the percentage %j as what it says', (name, argument, sampler) => {
  expect(byName(name, argument)).toEqual({ sampler, said: [] })
})

test.each([
  ['probability', '150%', /got 1\.5; Probability\{1\} is used, which keeps every trace that begins here$/],
  ['probability', '10', /got 10; Probability\{1\} is used, which keeps every trace that begins here$/],
  ['probability', '0,1', /Probability\{1\} is used, which keeps every trace that begins here$/],
  ['rule_based', '/nowhere', /parentbased_always_on is used, which keeps every trace that begins here$/],
  ['rate_limiting', '10%', /got "10%"; RateLimiting\{100\/s\} is used$/],
])('%s with %j says what is kept instead', (name, argument, words) => {
  expect(byName(name, argument).said).toEqual([expect.stringMatching(words)])
})
