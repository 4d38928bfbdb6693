import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { packageOf, type ProcessStart } from '../../src/config/app-package.js'
import { appFolder } from '../helpers/app-folder.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'

let root: string
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'app package ')))
  const named = (name: string, version?: string): string => JSON.stringify({ name, version })
  const files: Record<string, string> = {
    'app/package.json': named('shop', '1.2.3'),
    'app/server.js': '',
    'app/dist/package.json': '{ "type": "commonjs" }',
    'app/dist/main.js': '',
    'app/node_modules/next/package.json': named('next', '16.0.0'),
    'app/node_modules/next/bin/next.js': '',
    'app/.yarn/cache/tool-1.zip/node_modules/tool/bin.js': '',
    'mono/package.json': named('the-monorepo'),
    'mono/node_modules/tool/bin.js': '',
    'mono/apps/web/package.json': named('@acme/web', '4.5.6'),
    'mono/apps/web/src/main.ts': '',
    '.npm/_npx/0a1b/package.json': '{ "_npx": {} }',
    '.npm/_npx/0a1b/node_modules/tsx/package.json': named('tsx', '4.0.0'),
    '.npm/_npx/0a1b/node_modules/tsx/cli.js': '',
    'global/lib/node_modules/verdaccio/package.json': named('verdaccio', '6.0.0'),
    'global/lib/node_modules/verdaccio/bin/verdaccio': '',
    'broken/package.json': '{ "name": ',
    'broken/inner/package.json': '[]',
    'broken/inner/main.js': '',
    'bom/package.json': `\uFEFF${named('with-bom')}`,
    'bom/main.js': '',
    'blank/package.json': '{ "name": " ", "version": 7 }',
    'blank/main.js': '',
    'large/package.json': `${named('large')}${' '.repeat(1_000_001)}`,
    'large/main.js': '',
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  mkdirSync(join(root, 'app/node_modules/.bin'))
  symlinkSync('../next/bin/next.js', join(root, 'app/node_modules/.bin/next'))
  mkdirSync(join(root, 'global/bin'))
  symlinkSync('../lib/node_modules/verdaccio/bin/verdaccio', join(root, 'global/bin/verdaccio'))
})
afterAll(() => rmSync(root, { recursive: true }))

function nameOf(main: string | undefined, cwd = '.', more: Partial<ProcessStart> = {}): string | undefined {
  const start = { main: main && join(root, main), execArgv: [], execPath: process.execPath, cwd: () => join(root, cwd) }
  return packageOf({ ...start, ...more })?.name
}

test.each([
  ['a script beside it', 'app/server.js', '.', 'shop'],
  ['a script without its ending', 'app/server', '.', 'shop'],
  ['a folder, as in `node .`', 'app', '.', 'shop'],
  ['a build with a package.json that has no name', 'app/dist/main.js', '.', 'shop'],
  ['a scoped workspace of a monorepo', 'mono/apps/web/src/main.ts', 'mono', '@acme/web'],
  ['an installed tool', 'app/node_modules/.bin/next', 'app', 'shop'],
  ['a tool of Yarn without node_modules', 'app/.yarn/cache/tool-1.zip/node_modules/tool/bin.js', 'app', 'shop'],
  ['a tool of the monorepo that runs in a workspace', 'mono/node_modules/tool/bin.js', 'mono/apps/web', '@acme/web'],
  ['a tool that npx keeps', '.npm/_npx/0a1b/node_modules/tsx/cli.js', 'app', 'shop'],
  ['a program that is installed globally', 'global/bin/verdaccio', 'app', 'verdaccio'],
  ['a file that starts with a byte order mark', 'bom/main.js', '.', 'with-bom'],
  ['a broken one, and nothing above', 'broken/inner/main.js', '.', undefined],
  ['one whose name is blank', 'blank/main.js', '.', undefined],
  ['one that is too large to be one', 'large/main.js', '.', undefined],
  ['a script that is nowhere', 'nowhere/at/all.js', '.', undefined],
  ['no script', undefined, 'app', undefined],
])('the app of %s', (_what, main, cwd, name) => {
  expect(nameOf(main, cwd)).toBe(name)
})

test.each(['-e', '--eval', '-p', '--print=1', '-i'])('with %s an argument is taken for no script', (flag) => {
  expect(nameOf('app/server.js', 'app', { execArgv: ['--no-warnings', flag] })).toBeUndefined()
})

test('nothing throws where the working directory is gone, and a program of one file has no package', () => {
  const gone = (): never => {
    throw new Error('ENOENT: uv_cwd')
  }
  expect(nameOf('app/node_modules/.bin/next', '.', { cwd: gone })).toBe('next')
  expect(nameOf('app/server.js', '.', { execPath: join(root, 'app/server.js') })).toBeUndefined()
})

test('a function has the package of its own folder', () => {
  vi.stubEnv('LAMBDA_TASK_ROOT', join(root, 'app'))
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(nameOf('global/bin/verdaccio')).toBe('shop')
})

const SCRIPT = `const { trace } = require('@opentelemetry/api'); trace.getTracer('app').startSpan('work').end()`

describe('in a process', () => {
  test.each<[string, Record<string, string>, Record<string, string | undefined>]>([
    ['name and version', {}, { 'service.name': '@acme/shop', 'service.version': '1.2.3' }],
    [
      'neither where a name is given',
      { OTEL_SERVICE_NAME: 'own' },
      { 'service.name': 'own', 'service.version': undefined },
    ],
    [
      'the name, and the version that is given',
      { OTEL_RESOURCE_ATTRIBUTES: 'service.version=9,host.name=own', OTEL_NODE_RESOURCE_DETECTORS: 'all' },
      { 'service.name': '@acme/shop', 'service.version': '9', 'host.name': 'own' },
    ],
    [
      'nothing, where the user says all, and wants no detectors',
      { OTEL_RESOURCE_ATTRIBUTES: 'team=a', OTEL_SERVICE_NAME: 'own', OTEL_NODE_RESOURCE_DETECTORS: 'none' },
      { 'service.name': 'own', team: 'a', 'host.name': undefined },
    ],
  ])('the resource has %s', async (_what, env, expected) => {
    await using sink = await otlpSink()
    const files = { 'package.json': '{ "name": "@acme/shop", "version": "1.2.3" }', 'dist/main.cjs': SCRIPT }
    await using app = await appFolder({ files, packages: ['@opentelemetry/api'] })
    const { exitCode, stderr } = await runNode({
      args: ['--import', 'spanwright/register', 'dist/main.cjs'],
      cwd: app.path,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, ...env },
    })
    expect([exitCode, stderr]).toEqual([0, ''])
    const attributes = sink.spans()[0]?.resource.attributes ?? {}
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, attributes[key]]))).toEqual(expected)
  })
})
