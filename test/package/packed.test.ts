import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
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
/** What is in node_modules then. */
let brought: string[]
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
  await install(join(app, filename))
  const scopes = await readdir(join(app, 'node_modules/@opentelemetry'))
  brought = [...(await readdir(join(app, 'node_modules'))), ...scopes.map((name) => `@opentelemetry/${name}`)]
  await install('pino@10', '@types/node@24')
  for (const example of EXAMPLES) {
    await cp(join(REPOSITORY, 'examples', example), join(app, example), { recursive: true })
  }
}, 300_000)
afterAll(() => rm(app, { recursive: true, force: true }))

async function install(...names: readonly string[]): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', ...names], { cwd: app, env })
}

/** It checks the types of libraries, too. */
const TSC = [
  ...[require.resolve('typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', 'false'],
  ...['--module', 'nodenext', '--target', 'esnext', '--types', 'node'],
]

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

  test('says which packages sign what goes to AWS, where the app has none', async () => {
    const { exitCode, stderr } = await runCode(
      'to-aws.mjs',
      `import { startTracing, withSpan } from 'spanwright'\nstartTracing({ serviceName: 'app' })\n${WORK}`,
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://xray.eu-west-1.amazonaws.com/v1/traces' },
    )
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/can't be signed for AWS: Cannot find .*npm install @aws-sdk\/credential-provider-node/)
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
  express: { ignoreLayersType: ['middleware', 'router'] },
}
startTracing({ instrumentationConfig })
// @ts-expect-error -- no such option
startTracing({ instrumentationConfig: { http: { ignoreIncomming: true } } })`
    for (const extension of ['mts', 'cts']) await writeFile(join(app, `types.${extension}`), code)
    const result = await runInApp([...TSC, 'types.mts', 'types.cts'], {}, 110_000)
    expect(result).toMatchObject({ exitCode: 0, stdout: '' })
  }, 120_000)

  test('brings five packages, of OpenTelemetry the API alone, and none runs a script as it is installed', async () => {
    expect(brought.filter((name) => !/^(\.|@opentelemetry$)/.test(name)).sort()).toEqual([
      '@opentelemetry/api',
      'cjs-module-lexer',
      'es-module-lexer',
      'import-in-the-middle',
      'module-details-from-path',
      'spanwright',
    ])
    for (const name of brought.filter((name) => !/^(\.|@opentelemetry$)/.test(name))) {
      const manifest = await readFile(join(app, 'node_modules', name, 'package.json'), 'utf8')
      expect(JSON.parse(manifest)).not.toHaveProperty('scripts.install')
      expect(JSON.parse(manifest)).not.toHaveProperty('scripts.postinstall')
    }
  })
})

test.each([
  ['cjs', 'app.cjs', `const { startTracing, withSpan } = require('spanwright')`],
  ['esm', 'app.mjs', `import { startTracing, withSpan } from 'spanwright'`],
] as const)('is bundled from what it brings, and traces as one file: %s', async (format, name, imports) => {
  const entry = join(app, `bundled.${name}`)
  await writeFile(entry, `${imports}\nstartTracing(${OPTIONS})\n${WORK}`)
  const alone = await mkdtemp(join(tmpdir(), 'one file '))
  try {
    const outfile = join(alone, name)
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format, outfile, logLevel: 'silent' })
    const result = await runNode({ args: [name], cwd: alone, timeoutMillis: 20_000 })
    expect(result).toMatchObject({ exitCode: 0 })
    expect(result.stdout).toContain('work')
  } finally {
    await rm(alone, { recursive: true, force: true })
  }
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

describe('beside packages of OpenTelemetry that the app has', () => {
  beforeAll(() => {
    const names = [
      'sdk-node@0.300.0',
      'sdk-trace@3.0.0',
      'exporter-trace-otlp-proto@0.300.0',
      'instrumentation-express@0.72.0',
    ]
    return install(...names.map((name) => `@opentelemetry/${name}`), 'express@5.3.0', '@types/express@5')
  }, 300_000)

  test('the example plain-node-sdk loses nothing by process.exit', async () => {
    await using sink = await otlpSink()
    const result = await runInApp(['plain-node-sdk.mjs'], { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl })
    expect(result).toMatchObject({ exitCode: 0, stdout: '1000 spans, 1000 not sent yet\n', stderr: '' })
    expect(sink.spans()).toHaveLength(1_000)
  })

  test('what an app makes by them is taken, also by its TypeScript', async () => {
    const code = `import { startTracing } from 'spanwright'
      import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
      import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express'
      import { BatchSpanProcessor, SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
      class Mine implements Sampler {
        shouldSample(_: unknown, __: string, name: string) {
          const isNoise = name.startsWith('tcp')
          return { decision: isNoise ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED, attributes: { mine: true } }
        }
        toString() {
          return 'Mine'
        }
      }
      const requestHook = (span: { setAttribute(name: string, value: string): unknown }) => void span.setAttribute('hooked', 'yes')
      const tracing = startTracing({
        sampler: new Mine(),
        spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
        instrumentations: ['auto', new ExpressInstrumentation({ requestHook })],
      })
      const { default: express } = await import('express')
      const server = express().get('/items/:id', (_, response) => void response.send('ok')).listen(0, async () => {
        const address = server.address()
        const port = typeof address === 'object' ? address?.port : 0
        await (await fetch('http://127.0.0.1:' + port + '/items/7')).text()
        server.close()
        server.closeAllConnections()
        await tracing.flush()
      })`
    await writeFile(join(app, 'brings.mts'), code)
    const compiled = await runInApp([...TSC, 'brings.mts'], {}, 110_000)
    expect(compiled).toMatchObject({ exitCode: 0, stdout: '' })

    await using sink = await otlpSink()
    const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app' }
    const result = await runInApp(['brings.mts'], settings, 30_000)
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    const spans = sink.spans()
    expect(spans.map(({ name }) => name).sort()).toEqual(['GET', 'GET /items/:id', 'request handler'])
    for (const { attributes } of spans) expect(attributes).toMatchObject({ mine: true })
    expect(spans.find(({ name }) => name.startsWith('request handler'))?.attributes).toMatchObject({ hooked: 'yes' })
  }, 150_000)
})
