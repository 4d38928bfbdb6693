import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { freePort } from '../helpers/free-port.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { CALLER, servedRoutes, serveAndAsk, type ServedAppOptions, type ServedRun } from '../helpers/served-app.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

/** Runs a program under the flag, and without: besides its spans, nothing may differ. */
async function runBoth(options: ServedAppOptions): Promise<ServedRun> {
  const [traced, plain] = [await serveAndAsk(options), await serveAndAsk({ ...options, withoutFlag: true })]
  expect(plain.spans).toEqual([])
  expect({ ...traced, spans: [], stdout: '', tookMillis: 0 }).toEqual({
    ...plain,
    spans: [],
    stdout: '',
    tookMillis: 0,
  })
  return traced
}

const installed = (path: string): string => join(REPOSITORY, 'node_modules', path)
const named = (spans: readonly ReceivedSpan[], pattern: RegExp): string[] =>
  spans.filter(({ name }) => pattern.test(name)).map(({ name }) => name)

describe('traced by the flag alone, and ending as without it:', () => {
  test('json-server, which has Express 4 in it', async () => {
    await using app = await appFolder({ files: { 'db.json': '{"posts":[{"id":1,"title":"one"}]}' } })
    const port = await freePort()
    const run = await runBoth({
      args: [installed('json-server/lib/cli/bin.js'), '--port', String(port), 'db.json'],
      cwd: app.path,
      ready: /Home/,
      port,
      requests: ['/posts/1', '/posts', '/nothing'],
    })

    expect(servedRoutes(run.spans)).toEqual(['GET /posts/:id (/posts/:id)', 'GET /posts (/posts)', 'GET (no route)'])
    expect(named(run.spans, /^request handler/)).toEqual(['request handler - /posts/:id', 'request handler - /posts'])
    expect(new Set(run.spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]))
  })

  test('local-web-server, which has Koa in it', async () => {
    await using app = await appFolder({ files: { 'page.html': 'a page' } })
    const port = await freePort()
    const run = await runBoth({
      args: [installed('local-web-server/bin/cli.js'), '--port', String(port)],
      cwd: app.path,
      ready: /Listening/,
      port,
      requests: ['/page.html'],
    })

    // Its files have no routes.
    expect(run.answers).toEqual(['200 a page'])
    expect(servedRoutes(run.spans)).toEqual(['GET (no route)'])
    expect(named(run.spans, /^middleware - serve$/)).toEqual(['middleware - serve'])
    expect(new Set(run.spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]))
  })

  test.each([
    ['ECMAScript modules', ['--esm']],
    ['CommonJS', []],
  ])('an app that fastify-cli has made, in %s', async (_which, options) => {
    const packages = ['fastify', 'fastify-cli', 'fastify-plugin', '@fastify/autoload', '@fastify/sensible']
    await using app = await appFolder({ packages })
    const cli = installed('fastify-cli/cli.js')
    const made = await runNode({ args: [cli, 'generate', 'made', ...options], cwd: app.path })
    expect(made).toMatchObject({ exitCode: 0 })
    const cwd = join(app.path, 'made')
    const { scripts } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as { scripts: { start: string } }
    expect(scripts.start).toBe('fastify start -l info app.js')

    const run = await runBoth({
      args: [cli, 'start', '-l', 'info', '-p', '0', 'app.js'],
      cwd,
      ready: /listening at http:\/\/127\.0\.0\.1:(\d+)/,
      requests: ['/', '/example', '/nothing'],
    })
    expect(servedRoutes(run.spans)).toEqual(['GET / (/)', 'GET /example (/example)', 'GET (no route)'])
    expect(new Set(run.spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]))
  })

  test('an app of Nest 12', async () => {
    const run = await runBoth({ args: [fixture('apps/nest.mjs')], cwd: REPOSITORY, requests: ['/items/7', '/nothing'] })

    expect(run.answers[0]).toBe('200 {"id":"7"}')
    expect(servedRoutes(run.spans)).toEqual(['GET /items/:id (/items/:id)', 'GET (no route)'])
    expect(named(run.spans, /Nest|one/).toSorted()).toEqual(['Create Nest App', 'ItemsController.one', 'one'])
    expect(new Set(run.spans.filter(({ name }) => !name.includes('Nest')).map(({ traceId }) => traceId))).toEqual(
      new Set([CALLER.traceId]),
    )
  })
})
