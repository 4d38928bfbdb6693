import { expect, test } from 'vitest'
import { exitStatus } from '../../../src/viewer/text/exit-status.js'

const fine = { spans: 12, hasFailOn: true, failing: 0, allowsEmpty: false, commandStatus: 0 }

test.each([
  ['nothing that fails', {}, 0],
  ['a finding that fails', { failing: 2 }, 1],
  ['a finding that fails, and a command that failed', { failing: 2, commandStatus: 7 }, 1],
  ['no span, though findings were asked for', { spans: 0 }, 3],
  ['no span, which is allowed', { spans: 0, allowsEmpty: true }, 0],
  ['no span, and no findings asked for', { spans: 0, hasFailOn: false }, 0],
  ['a command that failed', { commandStatus: 7 }, 7],
])('%s: the status is as documented', (_what, given, status) => {
  expect(exitStatus({ ...fine, ...given })).toBe(status)
})
