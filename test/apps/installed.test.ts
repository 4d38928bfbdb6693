import { spawnSync } from 'node:child_process'
import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFolder, type AppFolder } from '../helpers/app-folder.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { FLAG } from '../helpers/served-app.js'
import { spanTree } from '../helpers/span-tree.js'
import { REPOSITORY } from '../helpers/traced-app.js'

/** These install packages, which takes a network and minutes: SPANWRIGHT_TEST_INSTALLS=1 asks for them. */
const ASKED = process.env.SPANWRIGHT_TEST_INSTALLS === '1'

const CALL = `
async function call(express) {
  const app = express()
  app.get('/items/:id', (_request, response) => response.send('ok'))
  const server = app.listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  await (await fetch('http://127.0.0.1:' + server.address().port + '/items/7')).text()
  server.close()
  server.closeAllConnections()
}
`

/** As users install it: packed, with its own dependencies, by a package manager. */
async function installed(files: Record<string, string>, command: string): Promise<AppFolder> {
  const app = await appFolder({ files: { 'package.json': '{"name":"app"}', ...files }, linked: false })
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', app.path], { cwd: REPOSITORY })
  expect(packed.status).toBe(0)
  const archive = (await readdir(app.path)).find((name) => name.endsWith('.tgz')) ?? ''
  await copyFile(join(app.path, archive), join(app.path, 'spanwright.tgz'))
  const { status, stderr } = spawnSync(`${command} ./spanwright.tgz @opentelemetry/api@1.10.0 express@5`, {
    cwd: app.path,
    shell: true,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return app
}

async function treeOf(app: AppFolder, args: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  await using sink = await otlpSink()
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app', ...env }
  const { exitCode, stderr } = await runNode({ args, cwd: app.path, env: settings, timeoutMillis: 30_000 })
  expect({ exitCode, said: /spanwright.*/.exec(stderr)?.[0] }).toEqual({ exitCode: 0, said: undefined })
  return spanTree(sink.spans().filter(({ name }) => name !== 'tcp.connect'))
}

const ONE_CALL = [
  'CLIENT GET (app)',
  '  SERVER GET /items/:id (app)',
  '    INTERNAL request handler - /items/:id (app)',
]

describe.runIf(ASKED)('the package as it is installed', { timeout: 300_000 }, () => {
  test.each(['npx --yes pnpm@10 add', 'npm install --no-audit --no-fund'])('by %s traces', async (command) => {
    const files = { 'app.mjs': `import express from 'express'\n${CALL}\nawait call(express)\n` }
    await using app = await installed(files, command)
    expect(await treeOf(app, [...FLAG, 'app.mjs'])).toEqual(ONE_CALL)
  })

  test('traces the calls of tests under Jest, but not what Jest loads for itself', async () => {
    const files = { 'app.test.js': `${CALL}\ntest('calls', () => call(require('express')))\n` }
    await using app = await installed(files, 'npm install --no-audit --no-fund jest@30')
    // Jest has a module registry of its own, which no hook sees: Express is not traced in it.
    const tree = await treeOf(app, ['node_modules/jest/bin/jest.js'], { NODE_OPTIONS: FLAG.join(' ') })
    expect(tree).toEqual(['CLIENT GET (app)', '  SERVER GET (app)'])
  })
})
