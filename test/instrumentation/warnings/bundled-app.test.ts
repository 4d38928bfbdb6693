import { build, type BuildOptions } from 'esbuild'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  packagesMarkedIn,
  packagesBundledInto,
  warnOfBundledPackages,
} from '../../../src/instrumentation/warnings/bundled-app.js'
import { CATALOGUE } from '../../../src/instrumentation/catalogue.js'
import { findings } from '../../../src/internal/diagnostics/findings.js'
import { REPOSITORY, runTracedApp } from '../../helpers/traced-app.js'

let folder = ''
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bundled-app-')))
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['express', 'koa', 'pg']) {
    symlinkSync(join(REPOSITORY, 'node_modules', name), join(folder, 'node_modules', name))
  }
  symlinkSync(REPOSITORY, join(folder, 'node_modules/spanwright'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs until the main script has been looked at. */
const UNTIL_LOOKED_AT = `
const timer = setInterval(() => {
  if (globalThis[Symbol.for('spanwright.findings')].bundledPackages) clearInterval(timer)
}, 10)`

/** An app that uses Express, Koa and pg, in one file. */
async function bundled(options: BuildOptions, keepsRunning = true): Promise<string> {
  const outfile = join(mkdtempSync(join(folder, 'dist-')), 'app.cjs')
  const uses = ['express', 'koa', 'pg'].map((name) => `globalThis.${name} = require('${name}');`).join('\n')
  await build({
    stdin: { contents: keepsRunning ? uses + UNTIL_LOOKED_AT : uses, resolveDir: REPOSITORY },
    bundle: true,
    platform: 'node',
    outfile,
    external: ['pg-native'],
    logLevel: 'error',
    absWorkingDir: REPOSITORY,
    ...options,
  })
  return outfile
}

const untraced = (names: string): string =>
  `spanwright: not traced, because bundled into app.cjs: ${names}. Keep packages outside of the bundle: ` +
  'esbuild --packages=external, webpack "externals" (webpack-node-externals), rollup "external"'

const MINIFIED = { minify: true, legalComments: 'none' } as const

describe('an app in one file', () => {
  test.each<[string, BuildOptions, string]>([
    ['readable', {}, 'express, koa, pg'],
    ['minified, with the licences of what is in it', { minify: true }, 'express'],
    ['minified, with a source map', { ...MINIFIED, sourcemap: true }, 'express, koa, pg'],
    ['readable, with a package that is loaded from outside, too', { banner: { js: `require('express')` } }, 'koa, pg'],
    ['readable, with a package kept outside', { external: ['express', 'pg-native'] }, 'koa, pg'],
  ])('gets one warning that names the packages in it: %s', async (_which, options, names) => {
    const { exitCode, said } = await runTracedApp(await bundled(options), { cwd: folder })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [untraced(names)] })
  })

  test.each<[string, BuildOptions]>([
    ['with all packages kept outside', { packages: 'external' }],
    ['minified without a trace of them: no guess is made', MINIFIED],
  ])('gets none %s', async (_which, options) => {
    const { exitCode, said } = await runTracedApp(await bundled(options), { cwd: folder })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
  })

  test('that ends at once is not kept waiting for the look', async () => {
    const { exitCode, said } = await runTracedApp(await bundled({}, false), { cwd: folder })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
  })
})

describe('what bundlers leave', () => {
  test.each([
    ['esbuild', '// node_modules/express/lib/view.js\nvar require_view = __commonJS({'],
    ['esbuild above the package', '// ../../node_modules/express/lib/view.js'],
    ['esbuild with pnpm', '// node_modules/.pnpm/express@5.3.0/node_modules/express/index.js'],
    ['esbuild in its own wrapper', '  "node_modules/express/lib/utils.js"(exports2) {'],
    ['rolldown', '//#region node_modules/express/lib/view.js'],
    ['esbuild in its own wrapper, above the package', '  "../a folder/node_modules/express/lib/utils.js"(exports2) {'],
    ['webpack', '/***/ "./node_modules/express/index.js":\n/*!****'],
    ['webpack with joined modules', ';// ./node_modules/express/index.js'],
    ['an older webpack with joined modules', ';// CONCATENATED MODULE: ./node_modules/express/index.js'],
    ['licences', '/*! Bundled license information:\n\nexpress/index.js:\n  (*!\n   * express\n'],
  ])('shows the package: %s', (_which, text) => {
    expect([...packagesMarkedIn(text, 'code')]).toEqual(['express'])
  })

  test.each([
    ['a remark', '// see node_modules/express/lib/view.js for the reason'],
    ['a remark behind code', 'run() // node_modules/express/lib/view.js'],
    ['a path', `const file = resolve('node_modules/express/lib/view.js')`],
    ['a folder', `app.use({ "node_modules/express": true })`],
    ['a list', `const files = ["node_modules/express/index.js", "b"]`],
  ])('is not what people write: %s', (_which, text) => {
    expect([...packagesMarkedIn(text, 'code')]).toEqual([])
  })

  test('is in the list of a source map, and not in the sources themselves', () => {
    const map = {
      version: 3,
      sources: [
        '../src/a.ts',
        '../a folder/node_modules/@nestjs/core/index.js',
        'webpack://app/./node_modules/pg/lib/index.js',
      ],
      sourcesContent: ['["node_modules/express/index.js", "b"]', '', ''],
    }
    for (const text of [JSON.stringify(map), JSON.stringify(map, null, 2)]) {
      expect([...packagesMarkedIn(text, 'map')]).toEqual(['@nestjs/core', 'pg'])
    }
  })

  test('is seen wherever it lies in a large file', () => {
    const file = join(folder, 'large.js')
    const mark = '\n// node_modules/express/lib/view.js\n'
    for (const before of [262_144 - 40, 262_144 - 20, 262_144, 262_144 + 20, 3_000_000]) {
      writeFileSync(file, `${' '.repeat(before)}${mark}${' '.repeat(300_000)}`)
      expect([...packagesBundledInto(file)]).toEqual(['express'])
    }
  })

  test('is looked for in time in a line without an end', { timeout: 5_000 }, () => {
    const file = join(folder, 'line.js')
    writeFileSync(file, 'ab/c'.repeat(500_000))
    expect([...packagesBundledInto(file)]).toEqual([])
  })

  test('is not looked for in a huge file, nor where there is none', () => {
    const file = join(folder, 'huge.js')
    writeFileSync(file, '// node_modules/express/lib/view.js\n')
    truncateSync(file, 40 * 1024 * 1024)
    expect([...packagesBundledInto(file)]).toEqual([])
    expect([...packagesBundledInto(join(folder, 'missing.js'))]).toEqual([])
  })
})

describe('nothing is looked at', () => {
  const { argv } = process
  afterEach(() => {
    process.argv = argv
    vi.useRealTimers()
  })

  function look(...script: string[]): typeof findings.bundledPackages {
    vi.useFakeTimers()
    findings.bundledPackages = undefined
    process.argv = ['node', ...script]
    const packages = new Map(CATALOGUE.flatMap((entry) => entry.modules.map((module) => [module, entry])))
    warnOfBundledPackages(packages, () => false)
    vi.advanceTimersByTime(2_000)
    return findings.bundledPackages
  }

  test('without a main file, in a command that a package brings, and where the file is missing', () => {
    const command = join(folder, 'node_modules/tool.js')
    writeFileSync(command, '// node_modules/express/lib/view.js')
    expect(look()).toBeUndefined()
    expect(look(command)).toBeUndefined()
    expect(look(join(folder, 'missing.js'))).toBeUndefined()
  })

  test('but in a file of the app, where nothing is bundled', () => {
    const file = join(folder, 'own.js')
    writeFileSync(file, 'run()')
    expect(look(file)).toEqual([])
    expect(look(join(folder, 'own'))).toEqual([])
  })
})
