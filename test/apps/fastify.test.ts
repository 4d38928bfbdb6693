import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFolder, linkPackage, type AppFolder } from '../helpers/app-folder.js'
import { servedRoutes, serveAndAsk, type ServedRun } from '../helpers/served-app.js'
import { spanTree } from '../helpers/span-tree.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

const ROUTES = ['GET /items/:id (/items/:id)', 'GET /api/:key (/api/:key)', 'GET (no route)']
const SERVER_SPANS = [
  'SERVER GET /items/:id (app) [parent not received]',
  'SERVER GET /api/:key (app) [parent not received]',
  'SERVER GET (app) [parent not received]',
]

const ownSource = await readFile(fixture('apps/fastify.mjs'), 'utf8')

/** A Fastify app that has @fastify/otel installed: the real one, or one of these files. */
async function withFastifyOtel(files: Record<string, string> = {}): Promise<AppFolder> {
  const app = await appFolder({ packages: ['fastify'], files: { 'app.mjs': ownSource, ...files } })
  // By another name in the repository, so that its own examples run without it.
  if (Object.keys(files).length === 0) {
    await linkPackage(app.path, '@fastify/otel', join(REPOSITORY, 'node_modules/fastify-otel'))
  }
  return app
}

const ask = (app: AppFolder, env?: Record<string, string>): Promise<ServedRun> =>
  serveAndAsk({
    args: ['app.mjs'],
    cwd: app.path,
    requests: ['/items/7', '/api/8', '/nothing'],
    ...(env && { env }),
  })

test('without @fastify/otel, server spans have their routes, and there are no others', async () => {
  await using app = await appFolder({ packages: ['fastify'], files: { 'app.mjs': ownSource } })
  const run = await ask(app)

  expect(servedRoutes(run.spans)).toEqual(ROUTES)
  expect(spanTree(run.spans)).toEqual(SERVER_SPANS)
  expect(run.stderr).toBe('')
})

test('a failure has its exception on the server span, and no source of the app is in a name', async () => {
  await using app = await withFastifyOtel()
  const { answers, spans } = await serveAndAsk({ args: ['app.mjs'], cwd: app.path, requests: ['/fails', '/refused'] })
  expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['500', '403'])
  const servers = spans.filter(({ kind }) => kind === 'SERVER')
  expect(servers.map(({ events }) => events.map(({ attributes }) => attributes['exception.message']))).toEqual([
    ['no such shelf'],
    [],
  ])
  const written = JSON.stringify(spans.map(({ name, attributes }) => [name, attributes]))
  expect(written).not.toContain('instance')
})

describe('with @fastify/otel', () => {
  test('its spans stand below one server span a call, and the names stay', async () => {
    await using app = await withFastifyOtel()
    const run = await ask(app)

    expect(servedRoutes(run.spans)).toEqual(ROUTES)
    expect(spanTree(run.spans)).toEqual([
      'SERVER GET /items/:id (app) [parent not received]',
      '  INTERNAL request (app)',
      '    INTERNAL handler - one (app)',
      'SERVER GET /api/:key (app) [parent not received]',
      '  INTERNAL request (app)',
      '    INTERNAL handler - inner (app)',
      'SERVER GET (app) [parent not received]',
      '  INTERNAL request (app)',
    ])
    expect(run.stderr).toBe('')
  })

  test.each([
    ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', 'fastify'],
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'http'],
  ])('%s=%s leaves Fastify alone', async (variable, value) => {
    await using app = await withFastifyOtel()
    const run = await ask(app, { [variable]: value })

    expect(servedRoutes(run.spans)).toEqual(['GET (no route)', 'GET (no route)', 'GET (no route)'])
    expect(run.spans).toHaveLength(3)
    expect(run.stderr).toBe('')
  })

  test('OTEL_NODE_ENABLED_INSTRUMENTATIONS=http,fastify is enough', async () => {
    await using app = await withFastifyOtel()
    const run = await ask(app, { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,fastify' })

    expect(run.spans.map(({ name }) => name)).toContain('handler - one')
    expect(run.stderr).toBe('')
  })

  test.each([
    ['registers it', 'await app.register(new FastifyOtelInstrumentation().plugin())\n', ''],
    ['has it register itself', '', '{ registerOnInitialization: true }'],
  ])('an app that %s has its spans once', async (_how, registration, options) => {
    await using app = await withFastifyOtel()
    const own = `import { FastifyOtelInstrumentation } from '@fastify/otel'\n`
    const made = `const app = Fastify()\n`
    const source = ownSource.replace(made, `new FastifyOtelInstrumentation(${options})\n${made}${registration}`)
    await writeFile(join(app.path, 'app.mjs'), own + source)
    const run = await ask(app)

    expect(servedRoutes(run.spans)).toEqual(ROUTES)
    expect(run.spans.filter(({ name }) => name === 'handler - one')).toHaveLength(1)
    expect(run.spans.filter(({ name }) => name === 'request')).toHaveLength(3)
    expect(run.exitCode ?? run.signal).toBe('SIGTERM')
  })
})

const CLASS = 'exports.FastifyOtelInstrumentation = class { setTracerProvider() {}'

describe('a @fastify/otel that fails is told once, and the routes have their names:', () => {
  test.each([
    ['it throws when it loads', "throw new Error('too old')", 'too old'],
    ['it is another package', 'exports.other = 1', 'it has no FastifyOtelInstrumentation'],
    ['its constructor throws', `${CLASS} constructor() { throw new Error('no') } }`, 'no'],
    ['it has no plugin', `${CLASS} }`, 'otel?.plugin is not a function'],
    ['its plugin throws', `${CLASS} plugin() { return () => { throw new Error('Fastify 5') } } }`, 'Fastify 5'],
  ])('%s', async (_how, source, reason) => {
    await using app = await withFastifyOtel({ 'node_modules/@fastify/otel/index.js': source })
    const run = await ask(app)

    expect(servedRoutes(run.spans)).toEqual(ROUTES)
    expect(run.stderr).toBe(
      `spanwright: @fastify/otel could not be used, only the routes of Fastify are named: ${reason}\n`,
    )
    expect(run.answers[0]).toBe('200 {"id":"7"}')
  })
})
