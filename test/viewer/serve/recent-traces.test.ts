import { expect, it } from 'vitest'
import { RecentTraces } from '../../../src/viewer/serve/recent-traces.js'
import { tracesOf } from '../analysis/many/many-traces.js'
import type { PlannedSpan } from '../analysis/trace-of.js'

const root = (millis: number): PlannedSpan => ['GET /', { at: [0, millis], kind: 'server' }]

it('finds what many traces show, anew every three seconds at most', () => {
  const recent = new RecentTraces()
  for (const trace of tracesOf(8, (n) => [root(n === 0 ? 900 : 80)])) recent.add(trace)
  expect(recent.findings(0)).toMatchObject([{ id: 'cold-start' }])
  recent.remove('1'.padStart(32, '0'))
  expect(recent.findings(2_999)).toHaveLength(1)
  expect(recent.findings(3_000)).toEqual([])
})

it('knows the last two hundred traces, a trace once, and none after it was cleared', () => {
  const recent = new RecentTraces()
  const traces = tracesOf(208, (n) => [root(n === 0 ? 900 : 80)])
  for (const trace of [...traces, ...traces.slice(8)]) recent.add(trace)
  expect(recent.findings(0)).toEqual([])
  for (const trace of traces.slice(0, 8)) recent.add(trace)
  expect(recent.findings(9_000)).toMatchObject([{ id: 'cold-start' }])
  recent.clear()
  expect(recent.findings(99_000)).toEqual([])
})

it('lets go of the oldest where the newest has thousands of spans', () => {
  const recent = new RecentTraces()
  for (const trace of tracesOf(8, (n) => [root(n === 0 ? 900 : 80)])) recent.add(trace)
  const many = Array.from({ length: 4_999 }, (_, n): PlannedSpan => ['work', { at: [n, n + 1] }])
  for (const trace of tracesOf(1, () => [['job', { at: [0, 9_000], children: many }]], 50)) recent.add(trace)
  expect(recent.findings(0)).toEqual([])
})
