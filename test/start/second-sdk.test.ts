import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { fixture, REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const OWN_PARTS = `const { context, propagation } = require('@opentelemetry/api')
const { W3CTraceContextPropagator } = require('@opentelemetry/core')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const own = [new AsyncLocalStorageContextManager(), new W3CTraceContextPropagator()]
context.setGlobalContextManager(own[0]); propagation.setGlobalPropagator(own[1])
`

const run = (name: string, withoutFlag: boolean): ReturnType<typeof runTracedApp> =>
  runTracedApp(`second-sdk/${name}`, { withoutFlag })

const SDK_FOLDER = realpathSync(join(REPOSITORY, 'node_modules/@opentelemetry/sdk-trace'))

const RUNS_ALREADY = RegExp(
  `^spanwright: not started, because another OpenTelemetry SDK runs already: TracerProvider in ${SDK_FOLDER}\\..*` +
    'Keep one of the two: .*"npm ls @opentelemetry/sdk-trace" shows who brings it',
)

describe('an SDK that runs before tracing starts', () => {
  test('keeps all spans, those of withSpan too, and none is made twice', async () => {
    const { stdout, spans } = await run('before.cjs', true)
    const seen = JSON.parse(stdout) as { spans: string[]; started: number; exported: number }
    expect(seen).toEqual({ spans: ['GET', 'GET', 'own', 'after the shutdown'], started: 0, exported: 0 })
    expect(spans).toEqual([])
  })

  test.each([
    ['required', 'before.cjs'],
    ['imported', 'before.mjs'],
  ])('is named in one warning with its class and package when it was %s', async (_how, app) => {
    const { exitCode, said } = await run(app, true)
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [expect.stringMatching(RUNS_ALREADY)] })
  })

  test('is flushed by the handle, and not stopped', async () => {
    const { stdout } = await run('before.mjs', true)
    expect(stdout.trim().split('\n')).toEqual(['own', 'flushed'])
  })
})

describe('parts that were registered before tracing starts', () => {
  test('stay, also when tracing is started again, and one warning names them', async () => {
    const { spans, said } = await run('taken.mjs', true)
    const child = spans.find(({ name }) => name === 'child')
    expect(child?.parentSpanId).toBe(spans.find(({ name }) => name === 'parent')?.spanId)
    expect(child?.attributes).toMatchObject({ fields: ['own'] })
    expect(said).toEqual([
      'spanwright: registered before tracing started, and left in place: context manager ' +
        "(AsyncLocalStorageContextManager), propagator (OwnPropagator). spanwright's own is not used, nor are options " +
        'and variables for it. Remove that registration, or start tracing before it',
    ])
  })
})

describe('an SDK that starts after tracing', () => {
  const startedBy = (line: number): string =>
    `spanwright: another OpenTelemetry SDK was started, by ${fixture('second-sdk/other.cjs')}:${line}, after spanwright: it is ` +
    "not used. All spans go where spanwright sends them, that SDK's exporters and processors get none. Keep one of the two: " +
    "remove that start, or spanwright's"

  test.each(['after.cjs', 'after.mjs'])('is told in one warning that names who started it (%s)', async (app) => {
    const { exitCode, said } = await run(app, false)
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [startedBy(11)] })
  })

  test('gets no spans, and its HTTP instrumentation doubles none', async () => {
    const { stdout, spans } = await run('after.cjs', false)
    expect(JSON.parse(stdout)).toEqual([])
    expect(spans.filter(({ kind }) => kind !== 'INTERNAL').map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['CLIENT', 'SERVER']),
    )
    expect(spans.filter(({ kind, name }) => kind === 'CLIENT' && name === 'GET')).toHaveLength(1)
  })

  test('a propagator alone is called by its name, with the option that takes it', async () => {
    const { said } = await run('late-propagator.cjs', false)
    expect(said).toEqual([
      `spanwright: ${fixture('second-sdk/late-propagator.cjs')}:5 registered a propagator after spanwright had: refused, ` +
        "spanwright's stays. Pass it to startTracing({ propagators: […] })",
    ])
  })

  test("a package's own context manager and propagator are mentioned at the level info alone", async () => {
    await using app = await appFolder({
      packages: ['@opentelemetry/api', '@opentelemetry/core', '@opentelemetry/context-async-hooks'],
      files: { 'node_modules/tool/index.js': OWN_PARTS, 'app.cjs': "require('tool')" },
    })
    const run = async (env: Record<string, string>): Promise<readonly string[]> =>
      (await runTracedApp(join(app.path, 'app.cjs'), { cwd: app.path, env })).said
    expect(await run({})).toEqual([])
    const ofTool = `${join(app.path, 'node_modules/tool/index.js')}:5 registered a context manager and propagator after`
    expect(await run({ OTEL_LOG_LEVEL: 'info' })).toContainEqual(expect.stringContaining(ofTool))
  })
})

describe('an instrumentation that somebody else starts, too', () => {
  test("takes the place of ours, also where it listens and doesn't patch", async () => {
    const { spans, said } = await run('fetch.cjs', false)
    const count = (kind: string): number => spans.filter((span) => span.kind === kind && span.name === 'GET').length
    expect({ server: count('SERVER'), client: count('CLIENT') }).toEqual({ server: 1, client: 1 })
    expect(said).toEqual([])
  })
})
