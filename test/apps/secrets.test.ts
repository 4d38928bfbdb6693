import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { hasMariadb, NEEDS_MARIADB, startMariadb } from '../helpers/mariadb.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY, runTracedApp } from '../helpers/traced-app.js'
import { CLI, runDoctorInWords } from '../cli/run-doctor.js'
import { hasRedis, NEEDS_REDIS, startRedis } from '../messaging/brokers.js'

vi.setConfig({ testTimeout: 90_000 })

const APP = 'secrets/app.mjs'
/** Each names its place. */
const planted = (place: string): string => `pl4nted-${place}`
const ARGUMENTS = [
  `--password=${planted('flag')}`,
  '--api-key',
  planted('flag-value'),
  `DB_PASSWORD=${planted('assignment')}`,
  `--database=postgres://shop:${planted('flag-url')}@db/shop`,
  '-H',
  `Authorization: Bearer ${planted('flag-header')}`,
]
const TOKEN = planted('0tlp-header-4711')
const ENVIRONMENT = {
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${TOKEN}`,
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'referer',
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'location',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
}

/** The places whose secrets are in the text, in clear or in base64. */
function leaksIn(text: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const digits = Buffer.concat([Buffer.alloc(offset), Buffer.from('pl4nted-')])
      .toString('base64')
      .replace(/=+$/, '')
    return digits.slice(offset === 0 ? 0 : offset + 1, -1)
  })
  const found = [...text.matchAll(/pl4nted-[\w-]+/g)].map(([leak]) => leak)
  return [...new Set([...found, ...base64.filter((piece) => text.includes(piece))])]
}

/** Says no, and repeats the header that it was sent: whole, in base64 and in part, with characters that act on terminals. */
async function repeatingBackend(): Promise<Server> {
  const hostile = '\u202eevil\u001b[2J'
  const server = createServer((request, response) => {
    request.resume()
    const { authorization = '' } = request.headers
    const basic = Buffer.from(authorization).toString('base64')
    response.writeHead(503, { 'content-type': 'text/plain' })
    response.end(`${hostile} got ${authorization}, ${basic}, ${authorization.slice(12, 28)}…`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const textOf = (value: unknown): string =>
  inspect(value, { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity })

test('no secret of an app is in what it sends of any signal, nor in what it prints', async () => {
  await using sink = await otlpSink()
  const run = await runTracedApp(APP, { sink, args: ARGUMENTS, env: ENVIRONMENT })
  expect(run.exitCode, run.stderr).toBe(0)
  const names = run.spans.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['GET', 'POST', 'fails', 'late', 'with baggage', 'status']))
  expect(run.spans.length).toBeGreaterThan(25)
  expect(sink.logs().length).toBeGreaterThan(0)
  expect(sink.metricExports().length).toBeGreaterThan(0)
  expect(leaksIn(sink.requests.map(({ body }) => Buffer.from(body).toString('latin1')).join('\n'))).toEqual([])
  expect(leaksIn(textOf(sink.requests.map(({ spans }) => spans)))).toEqual([])
  expect(leaksIn(textOf(sink.otherRequests.map(({ message }) => message)))).toEqual([])
  expect(leaksIn(run.stdout + run.stderr)).toEqual([])
})

test.skipIf(!hasMariadb || !hasRedis)(
  `nor of what clients of MariaDB and Redis write and their servers answer ${NEEDS_MARIADB} ${NEEDS_REDIS}`,
  async () => {
    await using mariadb = await startMariadb()
    await using redis = await startRedis()
    await using sink = await otlpSink()
    const env = { ...ENVIRONMENT, MYSQL_PORT: String(mariadb.port), REDIS_URL: redis.url }
    const run = await runTracedApp('secrets/databases.mjs', { sink, env, timeoutMillis: 60_000 })
    expect(run.exitCode, run.stderr).toBe(0)
    const failed = JSON.parse(run.stdout) as string[]
    for (const client of ['mysql2', 'mariadb']) expect(failed).toContain(`${client} duplicate`)
    for (const client of ['redis', 'ioredis']) expect(failed).toContain(`${client} unknown command`)
    const scopes = new Set(run.spans.map(({ scope }) => scope.name.split('/').at(-1)))
    for (const client of ['mysql2', 'ioredis', 'redis']) expect(scopes).toContain(`instrumentation-${client}`)
    expect(scopes).toContain('mariadb')
    expect(leaksIn(sink.requests.map(({ body }) => Buffer.from(body).toString('latin1')).join('\n'))).toEqual([])
    expect(leaksIn(textOf(sink.requests.map(({ spans }) => spans)))).toEqual([])
    expect(leaksIn(run.stderr)).toEqual([])
  },
)

test('nor in the spool, on the console, and in messages of a backend that repeats what it was sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secrets '))
  const server = await repeatingBackend()
  try {
    const { port } = server.address() as AddressInfo
    const run = await runNode({
      cwd: REPOSITORY,
      args: ['--import', 'spanwright/register', fixture(APP), ...ARGUMENTS],
      env: {
        ...ENVIRONMENT,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_TRACES_EXPORTER: 'console,otlp',
        SPANWRIGHT_SPOOL_DIR: folder,
      },
    })
    expect(run.stderr).toContain('evil')
    for (const character of ['\u001b', '\u202e']) expect(run.stderr).not.toContain(character)
    expect(run.stdout).toContain('POST')
    expect(leaksIn(run.stdout + run.stderr)).toEqual([])
    const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const texts = await Promise.all(entries.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
    expect(texts.join('').length).toBeGreaterThan(1_000)
    expect(leaksIn(texts.join('\n'))).toEqual([])
  } finally {
    server.close()
    server.closeAllConnections()
    await rm(folder, { recursive: true, force: true })
  }
})

test.each([['--json'], []])('nor in what the doctor prints, with %j', async (...flags) => {
  await using sink = await otlpSink()
  const env = { ...ENVIRONMENT, OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl }
  const run = await runDoctorInWords([...flags, '--', process.execPath, fixture(APP), ...ARGUMENTS], { env })
  expect(run.stdout).toContain('REDACTED')
  expect(leaksIn(run.stdout + run.stderr)).toEqual([])
})

test.each([['--json'], []])('nor of what the doctor prints of a backend that repeats it, with %j', async (...flags) => {
  const server = await repeatingBackend()
  try {
    const { port } = server.address() as AddressInfo
    const endpoint = `http://shop:${planted('endpoint')}@127.0.0.1:${port}`
    const env = { ...ENVIRONMENT, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
    const run = await runDoctorInWords([...flags, '--', process.execPath, fixture(APP), ...ARGUMENTS], { env })
    expect(run.exitCode).toBe(1)
    const printed = run.stdout + run.stderr
    expect(printed).toContain('evil')
    for (const character of ['\u001b', '\u202e']) expect(printed).not.toContain(character)
    expect(leaksIn(printed)).toEqual([])
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('nor in what spanwright view prints', async () => {
  const args = [CLI, 'view', '--json', '--', process.execPath, fixture(APP), ...ARGUMENTS]
  const run = await runNode({ cwd: REPOSITORY, args, env: ENVIRONMENT, timeoutMillis: 60_000 })
  expect(run.stdout).toContain('POST')
  expect(leaksIn(run.stdout + run.stderr)).toEqual([])
})
