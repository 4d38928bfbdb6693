import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'

/** The main file, and what it loads of those beside it. */
const IN_THE_APP = [
  'index',
  'in-process-delivery',
  'built-in-instrumentations',
  'graphql-spans',
  'statement',
  'waterfall',
]

test('whatever the build requires is a dependency, so that it is found in strict layouts such as that of pnpm', () => {
  const { dependencies, peerDependencies, imports } = JSON.parse(
    readFileSync(join(REPOSITORY, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'peerDependencies' | 'imports', Record<string, string>>
  const build = [...IN_THE_APP, 'delivery-thread', 'cli', 'doctor-report', 'doctor-preload']
    .map((name) => readFileSync(join(REPOSITORY, `dist/${name}.cjs`), 'utf8'))
    .join('\n')
  const required = [...build.matchAll(/(?:require\w*|requireOwn(?:\.resolve)?)\(\s*"([^".][^"]*)"\s*\)/g)].map(
    ([, name]) => name ?? '',
  )
  const packages = required.flatMap((name) => (isBuiltin(name) ? [] : (/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? [])))

  expect(packages).toContain('@opentelemetry/api')
  expect(packages).toContain('import-in-the-middle')
  const known = { ...dependencies, ...peerDependencies, ...imports }
  expect(packages.filter((name) => !(name in known))).toEqual([])
})

test('every dependency can be required where no ECMAScript module can, as in AWS Lambda', async () => {
  const code = `for (const name of Object.keys(require('./package.json').dependencies)) require(name)`
  const args = ['--no-experimental-require-module', '--eval', code]
  const { stderr, exitCode } = await runNode({ args, cwd: REPOSITORY, timeoutMillis: 30_000 })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
})

test('the build is ASCII, so that Node.js holds its source at one byte a character', () => {
  const files = readdirSync(join(REPOSITORY, 'dist')).filter((name) => /\.[cm]js$/.test(name))
  expect(files).toContain('index.cjs')
  // eslint-disable-next-line no-control-regex -- ASCII begins there.
  const others = files.filter((name) => /[^\x00-\x7f]/.test(readFileSync(join(REPOSITORY, 'dist', name), 'utf8')))
  expect(others).toEqual([])
})
