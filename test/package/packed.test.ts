import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode, type NodeResult } from '../helpers/run-node.js'
import { spanTree } from '../helpers/span-tree.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

const require = createRequire(import.meta.url)
const run = promisify(execFile)
// npm chooses versions by the Node.js that runs it.
const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }

const EXAMPLES = [
  'first-trace.mjs',
  'custom-sampler.mjs',
  'shutdown.mjs',
  'import-tracing',
  'keep-errors.mjs',
  'sampling-rules.mjs',
  'plain-node-sdk.mjs',
  'with-flush.mjs',
  'pino-logs.mjs',
]

/** An app in a folder with a space in its name, into which the packed package was installed, and nothing else. */
let app: string
beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'an empty app '))
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app], {
    cwd: REPOSITORY,
    env,
  })
  const [{ filename } = { filename: '' }] = Object.values(
    JSON.parse(packed.stdout) as Record<string, { filename: string }>,
  )
  await writeFile(join(app, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--no-audit', '--no-fund', join(app, filename), 'pino@10'], { cwd: app, env })
  for (const example of EXAMPLES) {
    await cp(join(REPOSITORY, 'examples', example), join(app, example), { recursive: true })
  }
}, 300_000)
afterAll(() => rm(app, { recursive: true, force: true }))

const runInApp = (args: string[], more: Record<string, string> = {}, timeoutMillis = 20_000): Promise<NodeResult> =>
  runNode({ args, cwd: app, env: more, timeoutMillis })

async function runCode(name: string, code: string, more: Record<string, string> = {}): Promise<NodeResult> {
  await writeFile(join(app, name), code)
  return runInApp([name], more)
}

const WORK = "withSpan('work', () => undefined)"
const OPTIONS = "{ serviceName: 'app', traceExporter: 'console' }"

describe('the packed package in an empty app', () => {
  test('starts by import', async () => {
    const result = await runCode(
      'by-import.mjs',
      `import { startTracing, withSpan } from 'spanwright'\nstartTracing(${OPTIONS})\n${WORK}`,
    )
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toContain('work')
  })

  test('starts by require', async () => {
    const result = await runCode(
      'by-require.cjs',
      `const { startTracing, withSpan } = require('spanwright')\nstartTracing(${OPTIONS})\n${WORK}`,
    )
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toContain('work')
  })

  test('is one package when it is imported and required at once', async () => {
    const result = await runCode(
      'by-both.mjs',
      `import { createRequire } from 'node:module'
import { startTracing, withSpan } from 'spanwright'
const required = createRequire(import.meta.url)('spanwright')
const handles = [startTracing(${OPTIONS}), required.startTracing()]
console.log(handles[0] === handles[1], required.withSpan === withSpan)
withSpan('outer', () => required.withSpan('inner', () => undefined))`,
    )
    expect(result.stdout).toContain('true true')
    expect(result.stdout).toMatch(/outer[^]*└ inner/)
    expect(result.stderr).toBe('')
  })

  test.each(['cjs', 'mjs'])('traces an app in .%s by the one flag', async (extension) => {
    await using sink = await otlpSink()
    for (const file of [`calls.${extension}`, 'serve-and-call.cjs']) await cp(fixture(file), join(app, file))
    const result = await runInApp(['--import', 'spanwright/register', `calls.${extension}`, 'fetch'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      OTEL_SERVICE_NAME: 'app',
    })
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(spanTree(sink.spans().filter(({ name }) => name !== 'tcp.connect'))).toEqual([
      'INTERNAL work (app)',
      '  CLIENT GET (app)',
      '    SERVER GET (app)',
    ])
  })

  test.each(['cjs', 'mjs'])('has the command, which finds the spans of an app in .%s', async (extension) => {
    await using sink = await otlpSink()
    for (const file of [`calls.${extension}`, 'serve-and-call.cjs']) await cp(fixture(file), join(app, file))
    const command = ['doctor', '--json', '--', 'node', `calls.${extension}`, 'fetch']
    const result = await runInApp([join('node_modules', '.bin', 'spanwright'), ...command], {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      PATH: env.PATH,
    })
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: true, problems: [], modules: { missed: [] } })
    expect(result.exitCode).toBe(0)
  })

  test('has types that stand by themselves, down to the options of each instrumentation', async () => {
    const code = `import { startTracing, type InstrumentationConfigMap } from 'spanwright'
const ignoreIncomingRequestHook = (request: { url?: string }): boolean => request.url === '/health'
const instrumentationConfig: InstrumentationConfigMap = {
  '@opentelemetry/instrumentation-http': { ignoreIncomingRequestHook },
  pg: { requireParentSpan: true },
}
startTracing({ instrumentationConfig })
// @ts-expect-error -- no such option
startTracing({ instrumentationConfig: { http: { ignoreIncomming: true } } })`
    for (const extension of ['mts', 'cts']) await writeFile(join(app, `types.${extension}`), code)
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node']
    const command = [require.resolve('typescript/bin/tsc'), ...options, '--skipLibCheck', 'false']
    const result = await runInApp([...command, 'types.mts', 'types.cts'], {}, 110_000)
    expect(result).toMatchObject({ exitCode: 0, stdout: '' })
  }, 120_000)

  test('brings one copy of each OpenTelemetry package', async () => {
    const lock = JSON.parse(await readFile(join(app, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>
    }
    const names = Object.keys(lock.packages).flatMap(
      (path) => /node_modules\/(@opentelemetry\/[^/]+)$/.exec(path)?.[1] ?? [],
    )
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    expect(names).toContain('@opentelemetry/sdk-trace')
    expect(twice).toEqual([])
  })
})

describe('the example', () => {
  test('first-trace prints its trace', async () => {
    const result = await runInApp(['first-trace.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toMatch(/bake bread[^]*knead[^]*rise[^]*oven/)
  })

  test('import-tracing prints one trace of its request', async () => {
    const result = await runInApp(['--import', './import-tracing/tracing.mjs', 'import-tracing/app.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toMatch(/200 good morning/)
    expect(result.stdout).toMatch(/GET +client[^]*└ GET +server[^]*└ greet/)
  })

  test('custom-sampler leaves the health check out', async () => {
    const result = await runInApp(['custom-sampler.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toContain('GET /orders')
    expect(result.stdout).not.toContain('GET /health')
  })

  test('plain-node-sdk loses nothing by process.exit', async () => {
    await using sink = await otlpSink()
    const result = await runInApp(['plain-node-sdk.mjs'], { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl })
    expect(result).toMatchObject({ exitCode: 0, stdout: '1000 spans, 1000 not sent yet\n', stderr: '' })
    expect(sink.spans()).toHaveLength(1_000)
  })

  test('with-flush has sent its span before the result is there', async () => {
    await using sink = await otlpSink()
    const result = await runInApp(['with-flush.mjs'], { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl })
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toBe('hello Ada\n1 exported when the result is handed on\n')
    expect(sink.spans().map(({ name }) => name)).toEqual(['greet'])
  })

  test('pino-logs prints lines that name their span, and the trace they lead to', async () => {
    const result = await runInApp(['pino-logs.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    const lines = result.stdout
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []))
    expect(lines.map((line) => 'trace_id' in line)).toEqual([false, true, true])
    expect(result.stdout).toContain('POST /orders')
  })

  test('shutdown ends with everything sent', async () => {
    const result = await runInApp(['shutdown.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toContain('build report')
  })

  test('keep-errors keeps the order that failed, whole', async () => {
    const result = await runInApp(['keep-errors.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toMatch(/✗ POST \/orders[^]*SELECT stock[^]*✗ charge card/)
  })

  test('sampling-rules leaves out what its rules drop', async () => {
    const result = await runInApp(['sampling-rules.mjs'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toContain('trace ')
    expect(result.stdout).not.toContain('/health')
  })
})
