import { execFile } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { appFolder, linkPackage, type AppFolder } from '../helpers/app-folder.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { runNode, startNode, type RunningNode } from '../helpers/run-node.js'
import { spanTree } from '../helpers/span-tree.js'
import { REPOSITORY } from '../helpers/traced-app.js'
import { startPostgres } from '../libraries/servers.js'
import { hasRedis, NEEDS_REDIS, startRedis } from '../messaging/brokers.js'

// Each example in a folder of its own, with its packages installed, started by the very command of its package.json.

interface Example extends AsyncDisposable {
  readonly path: string
  readonly sink: OtlpSink
  /** Starts a server by a script; its port is in `ready`. */
  start(script: string, env?: Readonly<Record<string, string>>): Promise<RunningNode>
  run(script: string, env?: Readonly<Record<string, string>>): ReturnType<typeof runNode>
}

async function exampleOf(name: string): Promise<Example> {
  const stack = new AsyncDisposableStack()
  const source = join(REPOSITORY, 'examples', name)
  const { dependencies = {}, devDependencies = {}, scripts } = await packageOf(source)
  const packages = Object.keys({ ...dependencies, ...devDependencies }).filter((each) => !isOwn(each))
  const folder: AppFolder = stack.use(await appFolder({ packages: [...new Set(['@opentelemetry/api', ...packages])] }))
  await cp(source, folder.path, { recursive: true })
  const sink = stack.use(await otlpSink())
  const options = (script: string, env: Readonly<Record<string, string>>) => {
    const [command, ...args] = scripts[script]?.split(' ') ?? []
    if (command !== 'node') throw new Error(`${name}: "${script}" is no command of Node.js`)
    return { args, cwd: folder.path, env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, PORT: '0', ...env } }
  }
  return {
    path: folder.path,
    sink,
    start: async (script, env = {}) =>
      stack.use(
        await startNode({ ...options(script, env), ready: /listening on (\d+)|^ready$/, timeoutMillis: 20_000 }),
      ),
    run: (script, env = {}) => runNode({ ...options(script, env), timeoutMillis: 20_000 }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const isOwn = (name: string): boolean => name === 'spanwright' || name.startsWith('@bakery/')

interface Package {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const packageOf = async (folder: string): Promise<Package> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package

const ask = async (server: RunningNode, path: string): Promise<unknown> =>
  (await fetch(`http://127.0.0.1:${server.ready[1]}${path}`)).json()

/** The spans of the app once it has ended, without the ones of sockets. */
async function treeAfter(sink: OtlpSink, server: RunningNode): Promise<string[]> {
  const { stderr } = await server.stop()
  expect(stderr).toBe('')
  return spanTree(sink.spans().filter(({ name }) => !/^(tcp|tls|dns)\./.test(name)))
}

test('express-postgres has the route, the query and the step in one trace, and its id in the log line', async () => {
  await using example = await exampleOf('express-postgres')
  await using postgres = await startPostgres()
  const server = await example.start('start', {
    DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/postgres`,
  })
  expect(await ask(server, '/bread/7')).toEqual({ id: 7, name: 'rye', price: 2.8000000000000003 })
  const log = server.stdout()
  const tree = await treeAfter(example.sink, server)
  const [root] = example.sink.spans().filter(({ name }) => name === 'GET /bread/:id')
  expect(root?.attributes).toMatchObject({ 'app.bread.id': '7' })
  expect(log).toContain(`"trace_id":"${root?.traceId}"`)
  expect(tree.map((line) => line.replace(/ \(.*\)$/, ''))).toEqual(
    expect.arrayContaining([
      'SERVER GET /bread/:id',
      expect.stringMatching(/^ +CLIENT SELECT/),
      expect.stringMatching(/INTERNAL price$/),
    ]),
  )
})

test('nest, compiled by its own tsconfig.json, has the route and the method', { timeout: 90_000 }, async () => {
  await using example = await exampleOf('nest')
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [tsc], { cwd: example.path })
  const server = await example.start('start')
  expect(await ask(server, '/bread/7')).toMatchObject({ id: '7' })
  const tree = await treeAfter(example.sink, server)
  expect(tree.join('\n')).toMatch(/SERVER GET \/bread\/:id \(example-nest\)\n(.*\n)*.*INTERNAL Prices\.priceOf/)
})

test('cli has a span for each order, and all of them although it ends by process.exit', async () => {
  await using example = await exampleOf('cli')
  const { exitCode, stdout, stderr } = await example.run('start')
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 1, stdout: '1 orders failed\n', stderr: '' })
  expect(spanTree(example.sink.spans().filter(({ name }) => name.startsWith('import')))).toEqual([
    'INTERNAL import orders (example-cli)',
    '  INTERNAL import order (example-cli)',
    '  INTERNAL import order (example-cli)',
    '  INTERNAL import order (example-cli)',
  ])
  expect(example.sink.spans().filter(({ status }) => status.code === 'ERROR')).toHaveLength(1)
})

test('monorepo: services that share a set-up have their own names, and one trace', async () => {
  await using example = await exampleOf('monorepo')
  await linkPackage(example.path, '@bakery/tracing', join(example.path, 'packages/tracing'))
  const prices = await example.start('prices')
  const api = await example.start('api', { PRICES_URL: `http://127.0.0.1:${prices.ready[1]}` })
  await (await fetch(`http://127.0.0.1:${api.ready[1]}/rye`)).text()
  await prices.stop()
  await api.stop()
  const services = example.sink.spans().map(({ resource }) => JSON.stringify(resource.attributes))
  expect(new Set(services.map((text) => /@bakery\/\w+/.exec(text)?.[0]))).toEqual(
    new Set(['@bakery/api', '@bakery/prices']),
  )
})

describe.skipIf(!hasRedis)(`with Redis ${NEEDS_REDIS}`, () => {
  test('fastify-redis, TypeScript without a build, has the route and the command', async () => {
    await using example = await exampleOf('fastify-redis')
    await using redis = await startRedis()
    const server = await example.start('start', { REDIS_URL: redis.url })
    expect(await ask(server, '/visits')).toEqual({ visits: 1 })
    const tree = await treeAfter(example.sink, server)
    expect(tree.join('\n')).toMatch(/SERVER GET \/visits .*\n(.*\n)* +CLIENT INCR/)
  })

  test('bullmq-worker has one trace from who adds a job to who does it', async () => {
    await using example = await exampleOf('bullmq-worker')
    await using redis = await startRedis()
    const worker = await example.start('start', { REDIS_URL: redis.url })
    expect(await example.run('add', { REDIS_URL: redis.url })).toMatchObject({ exitCode: 0, stderr: '' })
    await worker.waitForLine(/a loaf of rye/)
    const tree = (await treeAfter(example.sink, worker)).join('\n')
    expect(tree).toMatch(/PRODUCER .*orders[^]*CONSUMER .*orders[^]*INTERNAL bake/)
  })
})
