import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'
import { ANSWERED, CALLED, CALLS_IN_COMMON_JS } from './calls.js'
import { byNpm, installedApp } from './installed-app.js'
import { ranWith } from './table.js'

const API = '@opentelemetry/api'
const { peerDependencies } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>
}
const RANGE = peerDependencies[API] ?? ''
const LOWEST = /\d+\.\d+\.\d+/.exec(RANGE)?.[0] ?? ''

// The other packages of OpenTelemetry are in the build.
test.for([
  ['lowest', LOWEST],
  ['newest', RANGE],
] as const)('OpenTelemetry API, the %s that the range allows', async ([, version], context) => {
  await using app = await installedApp(context, { 'app.cjs': CALLS_IN_COMMON_JS }, [`${API}@${version}`, 'express@5'])
  ranWith(context, await app.versions(API))
  const result = await app.traced({ args: ['--import', 'spanwright/register', 'app.cjs'] })
  expect(result).toMatchObject({ exitCode: 0, stdout: ANSWERED, stderr: '', tree: CALLED })
})

test('OpenTelemetry API 1.9 in the app: it runs, and one line says what is not traced', async (context) => {
  const forced = (folder: string, packages: readonly string[]): Promise<unknown> =>
    byNpm(folder, ['--legacy-peer-deps', ...packages])
  const files = { 'app.cjs': CALLS_IN_COMMON_JS }
  await using app = await installedApp(context, files, [`${API}@1.9`, 'express@5'], forced)
  ranWith(context, await app.versions(API))
  const result = await app.traced({ args: ['--import', 'spanwright/register', 'app.cjs'] })
  expect(result).toMatchObject({ exitCode: 0, stdout: ANSWERED })
  expect(result.stderr).toMatch(
    /^spanwright: the app is not traced: spanwright needs @opentelemetry\/api 1\.10 or newer, and finds 1\.9\.\d+ in .*\n$/,
  )
})
