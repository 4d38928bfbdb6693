import { describe, expect, test } from 'vitest'
import { expectAllToArrive, PROTOCOLS } from './both-runs.js'

const WAYS = [
  ['end', 0, ''],
  ['exit 0', 0, ''],
  ['exit 7', 7, ''],
  ['exit code', 5, ''],
  ['throw', 1, 'Error: broken at the top\n    at '],
  ['throw later', 1, 'Error: broken later\n    at '],
  ['throw, own handler', 3, 'own handler: broken\n'],
  ['rejection', 1, 'Error: nobody cares\n    at '],
] as const

describe.each(PROTOCOLS)('over %s', (protocol) => {
  describe.each(['app.cjs', 'app.mjs'])('everything arrives, and nothing else changes, when %s leaves by', (app) => {
    test.concurrent.each(WAYS)('%s, with status %i', async (way, exitCode, said) => {
      const outcome = await expectAllToArrive(protocol, { app, args: [way] }, { before: 1_000 })
      expect(outcome).toMatchObject({ exitCode, signal: null, timedOut: false })
      expect(outcome.stderr).toContain(said)
    })
  })
})
