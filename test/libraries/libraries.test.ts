import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { hasMariadb, startMariadb } from '../helpers/mariadb.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { REPOSITORY, runTracedApp } from '../helpers/traced-app.js'
import { hasRabbitmq, hasRedis, startRabbitmq, startRedis } from '../messaging/brokers.js'
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
afterAll(() => {
  if (rows.length > 0) console.log([HEADER, '| --- | --- | --- | --- | --- |', ...rows].join('\n'))
})

/** One for each case: brokers do not live for as long as all of them take. */
async function started(name: string | undefined, servers: AsyncDisposableStack): Promise<Record<string, string>> {
  const start = name === undefined ? undefined : STARTS[name]
  if (!start) return {}
  const server = servers.use(await start())
  return { [`${name}_PORT`]: String(server.port ?? new URL(server.url ?? '').port) }
}

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
  { timeout: 120_000 },
  async ([name, { server, spans: expected, besides, roots = [] }], { skip }) => {
    if (server !== undefined && STARTS[server] === undefined) skip(`${server.toLowerCase()} is not installed`)
    await using servers = new AsyncDisposableStack()
    const env = await started(server, servers)
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
    const stock = await besideStock([file, name], env, { expected: [...expected, ...roots], besides })
    rows.push(`| \`${name}\` | ${versionOf(name)} | ${verdicts.join(' | ')} | ${stock} |`)
  },
)

const HEADER = '| library | version | required | imported | stock |'

/** OpenTelemetry's own, as its documentation has it for both kinds of modules. */
const STOCK = [
  '--require',
  join(REPOSITORY, 'node_modules/@opentelemetry/auto-instrumentations-node/dist/register.cjs'),
  '--no-warnings',
  '--experimental-loader',
  pathToFileURL(join(REPOSITORY, 'node_modules/import-in-the-middle/hook.mjs')).href,
]

/** What `auto-instrumentations-node` makes of the same case, as it is required and imported. Nothing is expected of it. */
async function besideStock(
  [file, name]: readonly [string, string],
  env: Readonly<Record<string, string>>,
  { expected, besides }: { readonly expected: readonly string[]; readonly besides: string | undefined },
): Promise<string> {
  const results: string[] = []
  for (const way of ['require', 'import']) {
    const run = await runTracedApp(file, {
      cwd: folder,
      args: [name, way],
      withoutFlag: true,
      nodeArgs: STOCK,
      env: { ...env, OTEL_NODE_RESOURCE_DETECTORS: 'none', OTEL_BSP_SCHEDULE_DELAY: '100' },
      timeoutMillis: 25_000,
    })
    const forms = run.spans.filter(({ scope }) => scope.name === 'matrix').map((span) => span.name)
    const [found = []] = forms.map((form) => made(run.spans, form, besides).toSorted())
    if (run.stdout.includes('FAILED') || forms.length === 0) results.push('fails')
    else if (found.length === 0) results.push(expected.length === 0 ? 'none, too' : 'none')
    else if (found.join() === expected.toSorted().join()) results.push('the same')
    else results.push([...new Set(found)].join(', '))
  }
  return [...new Set(results)].join(' / ')
}

function versionOf(name: string): string {
  if (isBuiltin(name)) return `Node.js ${process.versions.node}`
  const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

const FORMS: Readonly<Record<string, string>> = { require: 'yes', names: 'by name' }
