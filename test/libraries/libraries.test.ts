import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasMariadb, startMariadb } from '../helpers/mariadb.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runTracedApp } from '../helpers/traced-app.js'
import { hasRabbitmq, hasRedis, START_TIMEOUT_MILLIS, startRabbitmq, startRedis } from '../messaging/brokers.js'
import { CASES } from './cases.mjs'
import { librariesFolder } from './folder.mjs'
import { hasMemcached, startMemcached, startPostgres } from './servers.js'

const folder = librariesFolder()
const isInstalled = existsSync(join(folder, 'import.mjs'))
const STARTS: Readonly<
  Record<string, () => Promise<AsyncDisposable & { readonly port?: number; readonly url?: string }>>
> = {
  ...(hasMariadb && { MARIADB: startMariadb }),
  ...(hasMemcached && { MEMCACHED: startMemcached }),
  ...(hasRabbitmq && { RABBITMQ: startRabbitmq }),
  ...(hasRedis && { REDIS: startRedis }),
  POSTGRES: startPostgres,
}

const rows: string[] = []
const env: Record<string, string> = {}
const servers = new AsyncDisposableStack()
beforeAll(async () => {
  if (!isInstalled) return
  for (const [name, start] of Object.entries(STARTS)) {
    const server = servers.use(await start())
    env[`${name}_PORT`] = String(server.port ?? new URL(server.url ?? '').port)
  }
}, START_TIMEOUT_MILLIS)
afterAll(async () => {
  if (rows.length > 0)
    console.log(['| library | version | required | imported |', '| --- | --- | --- | --- |', ...rows].join('\n'))
  await servers.disposeAsync()
})

const OF_REQUESTS = /-(http|undici|net|dns)$/

/** What was made below the span of one form, in the order of the starts. */
function made(spans: readonly ReceivedSpan[], form: string, besides = 'http'): string[] {
  const { traceId } = spans.find(({ name, scope }) => scope.name === 'matrix' && name === form) ?? {}
  return spans
    .filter((span) => span.traceId === traceId || span.scope.name.endsWith('socket.io'))
    .filter(
      ({ scope }) => scope.name !== 'matrix' && !OF_REQUESTS.test(scope.name) && !scope.name.endsWith(`-${besides}`),
    )
    .toSorted((a, b) => Number(a.startUnixNano - b.startUnixNano))
    .map(({ kind, name, status }) => `${kind} ${name}${status.code === 'ERROR' ? ' ERROR' : ''}`)
}

test.skipIf(!isInstalled).for(Object.entries(CASES))(
  '%s is traced as it is required and imported (npm run test:libraries)',
  { timeout: 60_000 },
  async ([name, { server, spans: expected, besides, roots = [] }], { skip }) => {
    if (server !== undefined && STARTS[server] === undefined) skip(`${server.toLowerCase()} is not installed`)
    const file = join(import.meta.dirname, 'run-case.mjs')
    const verdicts: string[] = []
    for (const way of ['require', 'import']) {
      const run = await runTracedApp(file, { cwd: folder, args: [name, way], env, timeoutMillis: 25_000 })
      const { stdout, said, spans } = run
      expect(stdout).not.toContain('FAILED')
      expect(said).toEqual([])
      const tried = spans.filter(({ scope }) => scope.name === 'matrix').map((span) => span.name)
      expect(tried.length).toBeGreaterThan(0)
      for (const form of tried) expect(made(spans, form, besides).toSorted(), form).toEqual(expected.toSorted())
      const ofForms = new Set(spans.filter(({ scope }) => scope.name === 'matrix').map(({ traceId }) => traceId))
      const others = spans.filter(({ traceId, parentSpanId }) => parentSpanId === undefined && !ofForms.has(traceId))
      expect(others.map(({ kind, name: root }) => `${kind} ${root}`)).toEqual(
        expect.arrayContaining(tried.flatMap(() => roots)),
      )
      verdicts.push(tried.map((form) => FORMS[form] ?? form).join(', '))
    }
    rows.push(`| \`${name}\` | ${versionOf(name)} | ${verdicts.join(' | ')} |`)
  },
)

function versionOf(name: string): string {
  if (isBuiltin(name)) return `Node.js ${process.versions.node}`
  const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

const FORMS: Readonly<Record<string, string>> = { require: 'yes', names: 'by name' }
