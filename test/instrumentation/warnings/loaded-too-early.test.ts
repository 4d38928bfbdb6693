import { expect, test } from 'vitest'
import { runTracedApp } from '../../helpers/traced-app.js'

const late = (names: string): string =>
  `spanwright: not traced, because loaded before tracing started: ${names}. ` +
  'Start the app by "node --import spanwright/register", or import it after the start: await import("./app.js")'

test.each([
  ['of the same ECMAScript module graph', 'late/static.mjs', 'express, pg'],
  ['that were required before', 'late/required.cjs', 'express'],
])('one warning names packages %s, and the line that fixes it', async (_which, app, names) => {
  const result = await runTracedApp(app, { withoutFlag: true })
  expect(result).toMatchObject({ exitCode: 0, said: [late(names)] })
})

test.each([
  ['that are imported after the start', 'late/dynamic.mjs', true],
  ['under the flag', 'late/required.cjs', false],
])('nothing is said of packages %s', async (_which, app, withoutFlag) => {
  const result = await runTracedApp(app, { withoutFlag })
  expect(result.exitCode).toBe(0)
  expect(result.stderr).not.toContain('not traced')
})
