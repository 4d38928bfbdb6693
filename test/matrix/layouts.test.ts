import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ANSWERED, CALLED, CALLS_IN_COMMON_JS, CALLS_IN_MODULES } from './calls.js'
import { byNpm, cannotBeHad, inFolder, installedApp, runtime, type Installer } from './installed-app.js'
import { ranWith } from './table.js'

const FILES = { 'app.cjs': CALLS_IN_COMMON_JS, 'app.mjs': CALLS_IN_MODULES }
const API = '@opentelemetry/api@~1.10.0'

/** Its build scripts are those of packages that others bring, and need not run. */
const byPnpm =
  (pnpm: string): Installer =>
  (folder, packages) =>
    inFolder(folder, process.execPath, [pnpm, 'add', '--ignore-scripts', ...packages])

const byYarn =
  (yarn: string): Installer =>
  async (folder) => {
    const dependencies = { spanwright: 'file:./spanwright.tgz', '@opentelemetry/api': '~1.10.0', express: '5' }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }))
    writeFileSync(join(folder, 'yarn.lock'), '')
    const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
    const settings = { YARN_NODE_LINKER: 'pnp', YARN_ENABLE_TELEMETRY: '0', YARN_NPM_REGISTRY_SERVER: registry }
    await inFolder(folder, process.execPath, [yarn, 'install', '--no-immutable'], { ...settings, CI: '' })
  }

test.for([
  ['npm', undefined, '', () => byNpm, []],
  ['pnpm', 'pnpm', 'pnpm/bin/pnpm.mjs', byPnpm, []],
  [
    "Yarn's Plug'n'Play",
    '@yarnpkg/cli-dist',
    '@yarnpkg/cli-dist/bin/yarn.js',
    byYarn,
    ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'],
  ],
] as const)('installed by %s', async ([, manager, file, installer, flags], context) => {
  const tools =
    manager === undefined
      ? undefined
      : await runtime(context, manager, 'latest').catch((error: unknown) => cannotBeHad(context, manager, error))
  const folder = tools === undefined ? '' : join(tools.file.slice(0, tools.file.indexOf('.bin')), file)
  await using app = await installedApp(context, FILES, [API, 'express@5'], installer(folder))
  ranWith(
    context,
    manager === undefined
      ? `npm ${execFileSync('npm', ['--version'], { encoding: 'utf8' }).trim()}`
      : versionOf(manager, folder),
  )
  for (const name of ['app.cjs', 'app.mjs']) {
    const { stderr, ...result } = await app.traced({ args: [...flags, '--import', 'spanwright/register', name] })
    expect(result, stderr).toMatchObject({ exitCode: 0, stdout: ANSWERED, tree: CALLED })
    expect(stderr).not.toMatch(/spanwright:/)
  }
  await tools?.[Symbol.asyncDispose]()
})

function versionOf(name: string, file: string): string {
  const { version } = JSON.parse(readFileSync(join(file, '..', '..', 'package.json'), 'utf8')) as { version: string }
  return `${name} ${version}`
}
