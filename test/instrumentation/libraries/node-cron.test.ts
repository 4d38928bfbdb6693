import { expect, test } from 'vitest'
import { named, runLibrary, WAYS } from './run-library.js'

test.each(WAYS)('each run of a task of node-cron is a trace of its own: %s', async (way) => {
  const { stdout, spans, tree } = await runLibrary('node-cron', way)
  expect(stdout).toBe('object\nno broom\n')
  expect(tree).toEqual([
    'INTERNAL request',
    'INTERNAL node-cron sweep',
    '  INTERNAL swept',
    'INTERNAL node-cron yearly ERROR',
  ])
  expect(named(spans, 'node-cron sweep').attributes).toEqual({ 'faas.trigger': 'timer', 'faas.cron': '* * * * * *' })
  expect(named(spans, 'node-cron yearly').attributes['error.type']).toBe('RangeError')
})
