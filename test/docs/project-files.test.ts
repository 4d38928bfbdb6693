import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { REPOSITORY } from '../helpers/traced-app.js'

const textOf = (name: string): string => readFileSync(join(REPOSITORY, name), 'utf8')
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
const FILES = ['README.md', 'CONTRIBUTING.md', ...globSync('.github/workflows/*.yml', { cwd: REPOSITORY })]

test.each(FILES)('%s names commands of npm that there are', (name) => {
  const named = [...textOf(name).matchAll(/\bnpm run (?!--)([\w:-]+)/g)].map(([, script = '']) => script)
  expect(named.length + (name.endsWith('ci.yml') ? 1 : 0)).toBeGreaterThan(0)
  expect(named.filter((script) => !(script in scripts))).toEqual([])
})

test.each(globSync('.github/**/*.yml', { cwd: REPOSITORY }))('%s is YAML', (name) => {
  expect(parse(textOf(name))).toBeTypeOf('object')
})

test('the release is published with provenance, by a job that may ask for a token of its own', () => {
  const workflow = parse(textOf('.github/workflows/release.yml')) as {
    jobs: { publish: { permissions: Record<string, string>; steps: { run?: string }[] } }
  }
  const { permissions, steps } = workflow.jobs.publish
  expect(permissions).toMatchObject({ 'id-token': 'write' })
  const commands = steps.flatMap(({ run }) => run ?? [])
  const at = (command: RegExp): number => commands.findIndex((each) => command.test(each))
  expect(at(/^npm publish --provenance/)).toBeGreaterThan(at(/^npm run check/))
  expect(at(/^npm run check/)).toBeGreaterThan(-1)
  expect(at(/sbom\.cdx\.json/)).toBeGreaterThan(-1)
})
