import { expect, test } from 'vitest'
import { githubAnnotations } from '../../../src/viewer/text/github.js'
import type { FindingReport } from '../../../src/viewer/text/report.js'

const finding: FindingReport = {
  id: 'n+1',
  level: 'warning',
  confidence: 'likely',
  sentence: '`GET /orders` runs `select … where id = ?` 24 times: 100 %.',
  advice: 'One query with IN.',
  service: 'shop',
  fingerprint: 'a1',
  count: 24,
  durationMillis: 38,
  pathShare: 0.4,
  traces: 3,
  ofTraces: 4,
  examples: [],
  code: { path: '/repo/src/orders,v2.js', line: 41 },
}

test('a finding becomes one line beside its code, with what GitHub reads as syntax escaped', () => {
  expect(githubAnnotations([finding], '/repo')).toEqual([
    '::warning file=src/orders%2Cv2.js,line=41,title=spanwright%3A n+1::' +
      '`GET /orders` runs `select … where id = ?` 24 times: 100 %25.%0AOne query with IN.%0AIn 3 of 4 traces.',
  ])
})

test('what makes the command fail is an error and comes first, and what is known is left out', () => {
  const lines = githubAnnotations(
    [
      { ...finding, level: 'info' },
      { ...finding, fails: true },
      { ...finding, isKnown: true, level: 'error' },
    ],
    '/repo',
  )
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['::error', '::notice'])
})

test('a file outside of the repository is not named, and one that is relative already stays', () => {
  const { code: _code, ...bare } = finding
  const [outside, relative, without] = githubAnnotations(
    [{ ...bare, code: { path: '/elsewhere/x.js', line: 1 } }, { ...bare, code: { path: 'lib/x.js' } }, bare],
    '/repo',
  )
  expect(outside).toMatch(/^::warning title=/)
  expect(relative).toMatch(/^::warning file=lib\/x.js,title=/)
  expect(without).toMatch(/^::warning title=/)
})

test('no more lines of a kind are written than GitHub shows', () => {
  expect(githubAnnotations(new Array<FindingReport>(30).fill(finding), '/repo')).toHaveLength(10)
})
