import { expect, onTestFinished, test, vi } from 'vitest'
import { warnOnce, LineLimit } from '../../../src/internal/diagnostics/diagnostics.js'

test('a minute has so many lines, then one that says so, and the next minute has as many again', () => {
  let now = 0
  const limit = new LineLimit(2, { nowMillis: () => now })
  expect(['a', 'a', 'b', 'c', 'd'].map((key) => limit.decide(key))).toEqual(['print', 'skip', 'print', 'last', 'skip'])
  now = 60_000
  expect(['a', 'c', 'd', 'e'].map((key) => limit.decide(key))).toEqual(['skip', 'print', 'print', 'last'])
})

test('a thousand lines are remembered, the oldest is forgotten first', () => {
  const limit = new LineLimit(Infinity)
  for (let line = 0; line <= 1_000; line += 1) limit.decide(`line ${line}`)
  expect(['line 1000', 'line 1', 'line 0'].map((key) => limit.decide(key))).toEqual(['skip', 'skip', 'print'])
})

test('warnings that are different each time do not flood stderr', () => {
  const lines: string[] = []
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
  onTestFinished(() => stderr.mockRestore())
  for (let index = 0; index < 1_000; index += 1) warnOnce(`key ${index}`, `request ${index} failed`)
  expect(lines).toHaveLength(101)
  expect(lines.at(-1)).toMatch(/more than 100 different warnings in a minute/)
})
