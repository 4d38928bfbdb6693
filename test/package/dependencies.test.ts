import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CATALOGUE } from '../../src/instrumentation/catalogue.js'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'

const DIST = join(REPOSITORY, 'dist')

function filesOfTheBuild(): string[] {
  return globSync('**/*.{cjs,mjs}', { cwd: DIST })
}

test('whatever the build requires is a dependency, so that it is found in strict layouts such as that of pnpm', () => {
  const { dependencies, peerDependencies, imports } = JSON.parse(
    readFileSync(join(REPOSITORY, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'peerDependencies' | 'imports', Record<string, string>>
  const build = filesOfTheBuild()
    .map((name) => readFileSync(join(DIST, name), 'utf8'))
    .join('\n')
  const required = [
    ...build.matchAll(/(?:_*require|spanwrightRequire|requireOwn)(?:\.resolve)?\(\s*"([^".][^"]*)"\s*\)/g),
  ].map(([, name]) => name ?? '')
  const packages = required.flatMap((name) => (isBuiltin(name) ? [] : (/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? [])))

  expect(packages).toContain('@opentelemetry/api')
  expect(packages).toContain('import-in-the-middle')
  // Itself, what an app with winston may have, and what Yarn's Plug'n'Play gives every app.
  const optional = { spanwright: '', '@opentelemetry/winston-transport': '', pnpapi: '' }
  const known = { ...optional, ...dependencies, ...peerDependencies, ...imports }
  expect(packages.filter((name) => !(name in known))).toEqual([])
})

test('every file that the build loads from its folder of packages is there', () => {
  const build = filesOfTheBuild().map((name) => readFileSync(join(DIST, name), 'utf8'))
  const named = (pattern: RegExp): string[] =>
    build.flatMap((code) => [...code.matchAll(pattern)].map(([, name]) => name ?? ''))
  const byName = named(/requirePackage\("@opentelemetry\/([^"]+)"\)/g)
  const byFile = named(/"\.\/packages\/([^"]+)\.cjs"/g)
  const classes = CATALOGUE.filter(
    ({ name, isOurs = false }) => !isOurs && !['dns', 'http', 'net', 'undici'].includes(name),
  )
  expect(byName).toContain('configuration')
  expect(byFile).toContain('propagator-b3')
  expect(classes.length).toBeGreaterThan(30)
  const wanted = [...byName, ...byFile, ...classes.map(({ name }) => `instrumentation-${name}`)]
  const files = filesOfTheBuild()
  expect(wanted.filter((name) => !files.includes(join('packages', `${name}.cjs`)))).toEqual([])
})

test('every dependency can be required where no ECMAScript module can, as in AWS Lambda', async () => {
  const code = `for (const name of Object.keys(require('./package.json').dependencies)) require(name)`
  const args = ['--no-experimental-require-module', '--eval', code]
  const { stderr, exitCode } = await runNode({ args, cwd: REPOSITORY, timeoutMillis: 30_000 })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
})

test('the build is ASCII, so that Node.js holds its source at one byte a character', () => {
  // Loaded in Google's cloud alone: regular expressions of a package have other characters.
  const files = filesOfTheBuild().filter((name) => !name.endsWith('resource-detector-gcp.cjs'))
  expect(files).toContain('index.cjs')
  // eslint-disable-next-line no-control-regex -- ASCII begins there.
  const others = files.filter((name) => /[^\x00-\x7f]/.test(readFileSync(join(DIST, name), 'utf8')))
  expect(others).toEqual([])
})
