import { cp, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { inFolder, installedApp, traced, type InstalledApp } from './installed-app.js'
import { ranWith } from './table.js'

/** An app that starts tracing itself, so that it can be one file. */
const APP = `
import { createServer } from 'node:http'
import { startTracing, withSpan } from 'spanwright'
startTracing({ serviceName: 'app' })
const server = createServer((_request, response) => response.end('ok'))
server.listen(0, '127.0.0.1', async () => {
  await withSpan('work', async () => (await fetch('http://127.0.0.1:' + server.address().port)).text())
  server.close()
  server.closeAllConnections()
})
`
const WEBPACK = `
module.exports = {
  mode: 'production', target: 'node', entry: './app.mjs', output: { path: __dirname + '/out', filename: 'app.cjs' },
}
`
const ROLLUP = `
import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import { nodeResolve } from '@rollup/plugin-node-resolve'
export default {
  input: 'app.mjs', output: { file: 'out/app.mjs', format: 'es', inlineDynamicImports: true },
  plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs(), json()],
  onLog: (level, log, handler) => log.code === 'CIRCULAR_DEPENDENCY' || handler(level, log),
}
`
const FILES = { 'app.mjs': APP, 'webpack.config.cjs': WEBPACK, 'rollup.config.mjs': ROLLUP }
const TREE = ['INTERNAL work (app)', '  CLIENT GET (app)', '    SERVER GET (app)']
const IN_A_BUNDLE = /^spanwright: it runs as part of a bundle: .*\n$/

test.for([
  ['esbuild', ['esbuild'], ['esbuild', 'app.mjs', '--bundle', '--platform=node', '--outfile=out/app.cjs']],
  ['webpack', ['webpack', 'webpack-cli'], ['webpack']],
  [
    'rollup',
    ['rollup', '@rollup/plugin-commonjs', '@rollup/plugin-json', '@rollup/plugin-node-resolve'],
    ['rollup', '--config', 'rollup.config.mjs', '--silent'],
  ],
] as const)(
  '%s: an app in one file, without node_modules, is traced',
  async ([, packages, [bin, ...args]], context) => {
    await using app = await installedApp(context, FILES, packages)
    ranWith(context, await app.versions(packages[0]))
    await inFolder(app.path, join(app.path, 'node_modules', '.bin', bin), args)

    await using bare = await appFolder({ linked: false })
    await cp(join(app.path, 'out'), bare.path, { recursive: true })
    const [file = ''] = (await readdir(bare.path)).filter((name) => name.startsWith('app.'))
    const result = await traced(bare.path, { args: [file] })
    expect(result).toMatchObject({ exitCode: 0, stdout: '', tree: TREE })
    expect(result.stderr).toMatch(IN_A_BUNDLE)
  },
)

const NEXT = {
  'next.config.mjs': `export default { output: 'standalone', serverExternalPackages: ['spanwright'] }`,
  'app/layout.jsx': `export default ({ children }) => <html><body>{children}</body></html>`,
  'app/page.jsx': `
    import { withSpan } from 'spanwright'
    export const dynamic = 'force-dynamic'
    export default async function Page() {
      return <p>{await withSpan('render', () => 'rendered')}</p>
    }`,
  'instrumentation.js': `
    export async function register() {
      if (process.env.NEXT_RUNTIME === 'nodejs') (await import('spanwright')).startTracing({ serviceName: 'app' })
    }`,
  // Starts the server as a container does, asks it once, and ends it as an orchestrator does.
  'ask.mjs': `
    import { spawn } from 'node:child_process'
    import { createServer } from 'node:net'
    const port = await new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address()
        server.close(() => resolve(port))
      })
    })
    const env = { ...process.env, PORT: String(port), HOSTNAME: '127.0.0.1' }
    const server = spawn(process.execPath, ['server.js'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
    const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)))
    let answer
    for (let tries = 0; answer === undefined && tries < 200; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      answer = await fetch('http://127.0.0.1:' + port + '/').then(async (each) => [each.status, await each.text()], () => undefined)
    }
    console.log(answer[0], answer[1].includes('rendered'))
    server.kill()
    await ended
  `,
}

test('Next.js, standalone output: a rendered page is one trace', async (context: TestContext) => {
  await using app = await installedApp(context, NEXT, ['next', 'react', 'react-dom'])
  ranWith(context, await app.versions('next', 'react'))
  const standalone = await builtByNext(app)
  const result = await traced(standalone, { args: ['ask.mjs'] })
  expect(result, result.stderr).toMatchObject({ exitCode: 0, stdout: '200 true\n' })
  expect(result.stderr).not.toMatch(/spanwright/)
  expect(result.tree.filter((line) => /SERVER|render \(/.test(line))).toEqual([
    expect.stringMatching(/^SERVER GET \S+ \(app\)$/),
    expect.stringMatching(/^ +INTERNAL render \(app\)$/),
  ])
})

async function builtByNext(app: InstalledApp): Promise<string> {
  await inFolder(app.path, process.execPath, [join('node_modules', 'next', 'dist', 'bin', 'next'), 'build'], {
    NEXT_TELEMETRY_DISABLED: '1',
  })
  const standalone = join(app.path, '.next', 'standalone')
  await writeFile(join(standalone, 'ask.mjs'), NEXT['ask.mjs'])
  return standalone
}
