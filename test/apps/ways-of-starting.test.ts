import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { cp, readFile, rm, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { appFolder, linkPackage } from '../helpers/app-folder.js'
import { otlpSink, type ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode, startNode, type NodeResult, type RunNodeOptions } from '../helpers/run-node.js'
import { FLAG } from '../helpers/served-app.js'
import { spanTree } from '../helpers/span-tree.js'
import { REPOSITORY } from '../helpers/traced-app.js'

/** Serves one request, which it makes itself. */
const CALL = `
const app = express()
app.get('/items/:id', (_request, response) => response.send('ok'))
const server = app.listen(0, async () => {
  await (await fetch('http://127.0.0.1:' + server.address().port + '/items/7')).text()
  server.close()
  server.closeAllConnections()
})
`
const CJS = `const express = require('express')\n${CALL}`
const ESM = `import express from 'express'\n${CALL}`
const TS = `import express from 'express'\ninterface Unused { readonly a: string }\n${CALL}`
const ONE_CALL = [
  'CLIENT GET (app)',
  '  SERVER GET /items/:id (app)',
  '    INTERNAL request handler - /items/:id (app)',
]
const NODE_OPTIONS = FLAG.join(' ')

interface Run extends NodeResult {
  readonly tree: readonly string[]
  readonly spans: readonly ReceivedSpan[]
}

async function run(options: RunNodeOptions): Promise<Run> {
  await using sink = await otlpSink()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app', ...options.env }
  const result = await runNode({ ...options, env })
  // Whether a call opens a socket is not what is asked for here.
  const spans = sink.spans().filter(({ name }) => name !== 'tcp.connect')
  return { ...result, spans, tree: spanTree(spans) }
}

/** As AWS Lambda runs Node.js 22. */
const WITHOUT_REQUIRE_ESM = ['--no-experimental-require-module', ...FLAG]

const TSX = join(REPOSITORY, 'node_modules/tsx/dist/cli.mjs')

/** Node.js before 22.18 does this only when asked to. */
const STRIPPED: [string, string, string, readonly string[]] = [
  'the types stripped by Node.js',
  'app.mts',
  TS,
  [...FLAG, 'app.mts'],
]

test.each([
  ['app.mjs', ESM],
  ['app.cjs', CJS],
])(
  'packages of an app in %s are traced by a file of its own that starts tracing, loaded by --import',
  async (name, source) => {
    const tracing = `import { startTracing } from 'spanwright'\nstartTracing()\n`
    await using app = await appFolder({ packages: ['express'], files: { [name]: source, 'tracing.mjs': tracing } })
    const args = ['--import', './tracing.mjs', name]
    expect(await run({ args, cwd: app.path })).toMatchObject({ exitCode: 0, stderr: '', tree: ONE_CALL })
  },
)

describe('one call is one tree of spans, and nothing is said, with', () => {
  test.each<[string, string, string, readonly string[], (string | undefined)?, string?]>([
    ['the flag, CommonJS', 'app.cjs', CJS, [...FLAG, 'app.cjs']],
    ['the flag, ECMAScript modules', 'app.mjs', ESM, [...FLAG, 'app.mjs']],
    ['NODE_OPTIONS, CommonJS', 'app.cjs', CJS, ['app.cjs'], NODE_OPTIONS],
    ['NODE_OPTIONS, ECMAScript modules', 'app.mjs', ESM, ['app.mjs'], NODE_OPTIONS],
    [
      'the flag, CommonJS, where no ECMAScript module can be required',
      'app.cjs',
      CJS,
      [...WITHOUT_REQUIRE_ESM, 'app.cjs'],
    ],
    ['the flag, ECMAScript modules, where none can be required', 'app.mjs', ESM, [...WITHOUT_REQUIRE_ESM, 'app.mjs']],
    ['NODE_OPTIONS and the flag', 'app.mjs', ESM, [...FLAG, 'app.mjs'], NODE_OPTIONS],
    ['--require and --import', 'app.mjs', ESM, ['--require', 'spanwright/register', ...FLAG, 'app.mjs']],
    ...(process.features.typescript === false ? [] : [STRIPPED]),
    ['tsx behind us', 'app.ts', TS, [...FLAG, '--import', 'tsx', 'app.ts']],
    ['tsx before us', 'app.ts', TS, ['--import', 'tsx', ...FLAG, 'app.ts']],
    ['tsx behind us, ECMAScript modules', 'app.mts', TS, [...FLAG, '--import', 'tsx', 'app.mts']],
    ['tsx before us, ECMAScript modules', 'app.mts', TS, ['--import', 'tsx', ...FLAG, 'app.mts']],
    ['tsx and NODE_OPTIONS', 'app.ts', TS, [TSX, 'app.ts'], NODE_OPTIONS],
    ['tsx and NODE_OPTIONS, ECMAScript modules', 'app.mts', TS, [TSX, 'app.mts'], NODE_OPTIONS],
    ['--eval', 'unused', '', [...FLAG, '--eval', CJS]],
    ['--eval, ECMAScript modules', 'unused', '', [...FLAG, '--input-type=module', '--eval', ESM]],
    ['--print', 'unused', '', [...FLAG, '--print', `(() => {${CJS}})() ?? ''`]],
    ['a script on stdin', 'unused', '', [...FLAG, '-'], undefined, CJS],
    ['an ECMAScript module on stdin', 'unused', '', [...FLAG, '--input-type=module', '-'], undefined, ESM],
  ])('%s', async (_how, file, source, args, options, input) => {
    await using app = await appFolder({ packages: ['express', 'tsx'], files: { [file]: source } })
    const env = options === undefined ? {} : { NODE_OPTIONS: options }
    const result = await run({ args, cwd: app.path, env, ...(input !== undefined && { input }) })

    expect(result.stderr).toBe('')
    expect(result.tree).toEqual(ONE_CALL)
    expect(result).toMatchObject({ exitCode: 0 })
  })
})

test('two copies of the package start once a process, and say nothing', async () => {
  await using app = await appFolder({ packages: ['express'], files: { 'app.mjs': ESM } })
  const copy = join(app.path, 'copy')
  await cp(join(REPOSITORY, 'dist'), join(copy, 'dist'), { recursive: true })
  await cp(join(REPOSITORY, 'package.json'), join(copy, 'package.json'))
  await symlink(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'), 'dir')
  const env = { NODE_OPTIONS: `--import "${join(copy, 'dist/register.mjs')}"` }
  const result = await run({ args: [...FLAG, 'app.mjs'], cwd: app.path, env })

  expect(result).toMatchObject({ stderr: '', exitCode: 0 })
  expect(result.tree).toEqual(ONE_CALL)
})

describe('processes and threads that the app starts are traced, too, each call once:', () => {
  const BOTH_CALLS = [...ONE_CALL, ...ONE_CALL]

  test.each<[string, string, string, readonly string[], string?]>([
    ['a worker thread', "new (require('node:worker_threads').Worker)('./child.cjs')", CJS, FLAG],
    ['a worker thread of ECMAScript modules', "new (require('node:worker_threads').Worker)('./child.mjs')", ESM, FLAG],
    ['a fork, which inherits the flag', "require('node:child_process').fork('./child.cjs')", CJS, FLAG],
    [
      'a spawned process, which inherits NODE_OPTIONS',
      "require('node:child_process').spawn(process.execPath, ['child.mjs'], { stdio: 'inherit' })",
      ESM,
      [],
      NODE_OPTIONS,
    ],
  ])('%s', async (_what, starting, child, flag, options) => {
    const files = { 'app.cjs': CJS + starting, 'child.cjs': child, 'child.mjs': child }
    await using app = await appFolder({ packages: ['express'], files })
    const env = options === undefined ? {} : { NODE_OPTIONS: options }
    const result = await run({ args: [...flag, 'app.cjs'], cwd: app.path, env })

    expect(result.stderr).toBe('')
    expect(result.tree).toEqual(BOTH_CALLS)
  })

  test('the workers of a cluster', async () => {
    const cluster = `
      const cluster = require('node:cluster')
      if (cluster.isPrimary) { cluster.fork(); cluster.fork() }
      else require('./child.cjs')`
    // A port of its own each: on a shared one, either may be asked by the other, also when it is about to end.
    const child = CJS.replace('listen(0,', 'listen({ port: 0, exclusive: true },').replace(
      'server.close()',
      'process.disconnect(); server.close()',
    )
    await using app = await appFolder({ packages: ['express'], files: { 'app.cjs': cluster, 'child.cjs': child } })
    const result = await run({ args: [...FLAG, 'app.cjs'], cwd: app.path })

    expect(result.stderr).toBe('')
    expect(result.tree).toEqual(BOTH_CALLS)
  })
})

test('under node --watch each run is traced, and the watcher sends nothing', async () => {
  await using sink = await otlpSink()
  await using app = await appFolder({ packages: ['express'], files: { 'app.mjs': ESM } })
  await using watcher = await startNode({
    args: [...FLAG, '--watch', 'app.mjs'],
    cwd: app.path,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app' },
    ready: /Completed running/,
  })
  const tree = (): string[] => spanTree(sink.spans().filter(({ name }) => name !== 'tcp.connect'))
  expect(tree()).toEqual(ONE_CALL)
  await utimes(join(app.path, 'app.mjs'), new Date(), new Date())
  await vi.waitFor(() => expect(watcher.stdout().match(/Completed running/g)).toHaveLength(2), 10_000)

  expect(tree()).toEqual([...ONE_CALL, ...ONE_CALL])
  expect(watcher.stderr()).toBe('')
  const pids = sink.spans().map(({ resource }) => resource.attributes['process.pid'])
  expect(new Set(pids).size).toBe(2)
  expect(pids).not.toContain(watcher.pid)
})

/** npm is a program for Node.js, too: the one that runs the tests, or the one on the path. */
const NPM = process.env.npm_execpath ?? realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())

describe('npm run, which inherits NODE_OPTIONS,', () => {
  const manifest = (script: string): string => JSON.stringify({ name: 'app', scripts: { it: script } })

  test('stays quiet and sends nothing by itself', async () => {
    await using app = await appFolder({
      packages: ['express'],
      files: { 'app.mjs': ESM, 'package.json': manifest('node app.mjs') },
    })
    const result = await run({ args: [NPM, 'run', '--silent', 'it'], cwd: app.path, env: { NODE_OPTIONS } })

    expect(result).toMatchObject({ stderr: '', stdout: '', exitCode: 0 })
    expect(result.tree).toEqual(ONE_CALL)
  })

  test.each(['npm-cli.js', 'npx', 'pnpm.cjs', 'yarn.js', 'yarn-4.9.1.cjs'])(
    'is not traced itself, as %s is not',
    async (program) => {
      await using app = await appFolder({ packages: ['express'], files: { [program]: CJS } })
      const result = await run({ args: [program], cwd: app.path, env: { NODE_OPTIONS } })
      expect(result).toMatchObject({ tree: [], stderr: '', exitCode: 0 })
    },
  )

  test('fails no other way, and does not wait, while the backend is away', async () => {
    await using app = await appFolder({ files: { 'package.json': manifest('exit 3') } })
    const nowhere = { NODE_OPTIONS, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
    const result = await run({ args: [NPM, 'run', '--silent', 'it'], cwd: app.path, env: nowhere })

    expect(result).toMatchObject({ stderr: '', exitCode: 3 })
    expect(result.tookMillis).toBeLessThan(4_000)
  })
})

test('the tests of a project under Vitest are traced through NODE_OPTIONS, each call once, and the run ends', async () => {
  const source = `
    import { expect, test } from 'vitest'
    import express from 'express'
    test('calls', async () => {
      const app = express()
      app.get('/items/:id', (_request, response) => response.send('ok'))
      const server = app.listen(0)
      await new Promise((resolve) => server.once('listening', resolve))
      const response = await fetch('http://127.0.0.1:' + server.address().port + '/items/7')
      expect(await response.text()).toBe('ok')
      server.close()
      server.closeAllConnections()
    })`
  await using app = await appFolder({ packages: ['express', 'vitest'], files: { 'app.test.js': source } })
  const vitest = join(REPOSITORY, 'node_modules/vitest/vitest.mjs')
  const result = await run({ args: [vitest, 'run', '--root', '.'], cwd: app.path, env: { NODE_OPTIONS } })

  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(result.tree).toEqual(ONE_CALL)
})

describe('the package is found, and traces what the app has installed, where', () => {
  test('dependencies are links into a store, as pnpm has them', async () => {
    await using app = await appFolder({ files: { 'app.mjs': ESM, 'app.cjs': CJS } })
    const store = 'node_modules/.pnpm/express@5.3.0'
    const express = join(REPOSITORY, 'node_modules/express')
    await cp(express, join(app.path, store, 'node_modules/express'), { recursive: true })
    const { dependencies } = JSON.parse(await readFile(join(express, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    for (const name of Object.keys(dependencies)) await linkPackage(join(app.path, store), name)
    await linkPackage(app.path, 'express', join(app.path, store, 'node_modules/express'))
    for (const file of ['app.mjs', 'app.cjs']) {
      const result = await run({ args: [...FLAG, file], cwd: app.path })
      expect(result).toMatchObject({ stderr: '', exitCode: 0 })
      expect(result.tree).toEqual(ONE_CALL)
    }
  })

  test.each([
    ['the root of a workspace only', ['.'], ['packages/shop']],
    ['a package of a workspace only', ['packages/shop'], ['packages/shop']],
    ['both', ['.', 'packages/shop'], ['.', 'packages/shop']],
  ])('it is installed in %s', async (_where, ours, theirs) => {
    await using app = await appFolder({ files: { 'packages/shop/app.mjs': ESM } })
    await rm(join(app.path, 'node_modules/spanwright'))
    for (const folder of ours) await linkPackage(join(app.path, folder), 'spanwright', REPOSITORY)
    for (const folder of theirs) await linkPackage(join(app.path, folder), 'express')
    const result = await run({ args: [...FLAG, 'app.mjs'], cwd: join(app.path, 'packages/shop') })

    expect(result).toMatchObject({ stderr: '', exitCode: 0 })
    expect(result.tree).toEqual(ONE_CALL)
  })

  test.each(['a folder with spaces', "quote's & 100%", '木の葉 ü', '#hash?query'])(
    'the path has %s in it',
    async (name) => {
      await using app = await appFolder({ packages: ['express'], files: { 'app.mjs': ESM, 'app.cjs': CJS }, name })
      for (const file of ['app.mjs', 'app.cjs']) {
        const result = await run({ args: [...FLAG, file], cwd: app.path })
        expect(result).toMatchObject({ stderr: '', exitCode: 0 })
        expect(result.tree).toEqual(ONE_CALL)
      }
    },
  )
})
