import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { app, runDoctor, runDoctorInWords, settingOf, type DoctorRun } from './run-doctor.js'

let sink: OtlpSink
beforeAll(async () => {
  sink = await otlpSink()
})
beforeEach(() => sink.reset())
afterAll(() => sink.close())

const examine = (args: readonly string[], env: Record<string, string> = {}): Promise<DoctorRun> =>
  runDoctor(args, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app', ...env } })

const namesOfSpans = (): string[] => sink.spans().map(({ name }) => name)

describe('an app whose spans arrive', () => {
  test('gives status 0, and the ledger of its spans', async () => {
    const run = await examine(['--', 'node', app('one-span.cjs')])
    expect(run.exitCode).toBe(0)
    expect(run.diagnosis).toMatchObject({
      version: 1,
      ok: true,
      summary: 'Tracing works: 1 span of the app arrived.',
      problems: [],
      tracing: 'on',
      startedBy: 'doctor',
      sampler: 'ParentBased{AlwaysOnSampler}',
      ledger: { started: 1, exported: 1 },
      app: { exitCode: 0, endedBy: 'itself' },
      warnings: [],
    })
    expect(namesOfSpans()).toEqual(['work', 'spanwright doctor'])
  })

  test('may be a server: it is ended by SIGTERM as soon as a span has arrived', async () => {
    const run = await examine(['--', 'node', app('serve.mjs')])
    expect(run.exitCode).toBe(0)
    expect(run.diagnosis.app).toMatchObject({ signal: 'SIGTERM', endedBy: 'doctor', wasKilled: false })
    expect(run.diagnosis.ledger?.exported).toBeGreaterThan(0)
    expect(run.stderr).toContain('served 200')
    expect(run.tookMillis).toBeLessThan(15_000)
  })

  test('may be started by npm in a folder with a space, by npx and tsx, or by a shell', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'an app '))
    try {
      await writeFile(join(folder, 'package.json'), '{ "scripts": { "start": "node app.cjs" } }')
      await writeFile(join(folder, 'app.cjs'), `require(${JSON.stringify(app('one-span.cjs'))})`)
      await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
      const PATH = `${dirname(process.execPath)}:${process.env.PATH}`
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, PATH }
      const byNpm = await runDoctor(['--', 'npm', 'start'], { cwd: folder, env })
      expect(byNpm.diagnosis).toMatchObject({ ok: true, ledger: { started: 1 } })
      expect(byNpm.diagnosis.processes.map(({ main }) => main)).toEqual([join(folder, 'app.cjs')])
      const typed = "import { trace } from '@opentelemetry/api'\nconst name: string = 'work'\n"
      await writeFile(join(folder, 'app.ts'), `${typed}trace.getTracer('app').startSpan(name).end()\n`)
      const byNpx = await runDoctor(['--', 'npx', 'tsx', 'app.ts'], { cwd: folder, env })
      expect(byNpx.diagnosis).toMatchObject({ ok: true, ledger: { started: 1 } })
      const byShell = await runDoctor(['--', 'sh', '-c', `node '${app('one-span.cjs')}' && true`], { env })
      expect(byShell.diagnosis).toMatchObject({ ok: true, ledger: { started: 1 } })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('may start tracing itself: its options are those that count', async () => {
    const run = await examine(['--', 'node', app('in-code.mjs')])
    expect(run.exitCode).toBe(0)
    expect(run.diagnosis).toMatchObject({ startedBy: 'code', problems: [], sampler: 'Probability{1}' })
    expect(settingOf(run.diagnosis, 'service.name')).toBe('from-code ← startTracing({ serviceName })')
    expect(settingOf(run.diagnosis, 'sampler')).toBe('Probability{1} ← startTracing({ sampler })')
    expect(settingOf(run.diagnosis, 'force')).toBe('header x-trace-me, secret *** ← startTracing({ force })')
    expect(run.stdout + run.stderr).not.toContain('the secret of the force')
    expect(run.diagnosis.ignored).toEqual([
      { name: 'OTEL_SERVICE_NAME', why: 'startTracing({ serviceName }) takes precedence' },
    ])
  })

  test('may have the flag already, and is started once', async () => {
    const byOption = await examine(['--', 'node', '--import', 'spanwright/register', app('one-span.cjs')])
    expect(byOption.diagnosis).toMatchObject({ ok: true, startedBy: 'flag', ledger: { started: 1 }, warnings: [] })
    const NODE_OPTIONS = '--import=spanwright/register'
    const byVariable = await examine(['--', 'node', app('one-span.cjs')], { NODE_OPTIONS })
    expect(byVariable.diagnosis).toMatchObject({ ok: true, startedBy: 'flag', ledger: { started: 1 }, warnings: [] })
    const exchanged = `NODE_OPTIONS='--import spanwright/register' node '${app('one-span.cjs')}'`
    const byShell = await examine(['--', 'sh', '-c', exchanged])
    expect(byShell.diagnosis).toMatchObject({ ok: true, ledger: { started: 1 } })
  })

  test('may be of several processes and threads, which are added up', async () => {
    const forked = await examine(['--', 'node', fixture('leaving/cluster.cjs'), 'disconnect'])
    expect(forked.diagnosis.processes).toHaveLength(3)
    expect(forked.diagnosis.ledger).toMatchObject({ exported: sink.spans().length - 1 })
    const threaded = await examine(['--', 'node', fixture('leaving/worker.cjs')])
    expect(threaded.diagnosis.processes.map(({ thread }) => thread)).toEqual([0, 1])
    expect(threaded.diagnosis.ok).toBe(true)
  })
})

describe('what the app misses is reported', () => {
  test('packages that were loaded before tracing started, with the line that mends it', async () => {
    const { diagnosis } = await examine(['--', 'node', fixture('late/static.mjs')])
    expect(diagnosis.modules.missed).toContainEqual({ name: 'express', why: 'too late' })
    expect(diagnosis.modules.missed).toContainEqual({ name: 'pg', why: 'too late' })
    const late = diagnosis.problems.find(({ problem }) => problem.includes('express, pg'))
    expect(late?.cure).toContain('node --import spanwright/register')
  })

  test('patched packages have their version; others are switched off, or have no instrumentation', async () => {
    const { diagnosis } = await examine(['--', 'node', app('packages.cjs')])
    const versions = new Map(diagnosis.modules.patched.map(({ name, version }) => [name, version]))
    expect(versions.get('express')).toMatch(/^5\./)
    expect(diagnosis.modules.patched).toContainEqual({ name: 'http' })
    expect(diagnosis.modules.missed).toEqual([{ name: 'fast-check', why: 'no instrumentation' }])
    const without = await examine(['--', 'node', app('packages.cjs')], {
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express,dns',
    })
    const off = without.diagnosis.modules.missed.filter(({ why }) => why === 'switched off').map(({ name }) => name)
    expect(off).toEqual(['dns', 'dns/promises', 'express'])
  })

  test('packages inside a bundle', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-'))
    try {
      const { build } = await import('esbuild')
      const outfile = join(folder, 'app.cjs')
      const external = ['@opentelemetry/*']
      await build({ entryPoints: [app('packages.cjs')], bundle: true, platform: 'node', outfile, external })
      await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
      const { diagnosis } = await examine(['--', 'node', outfile])
      expect(diagnosis.modules.missed).toContainEqual({ name: 'express', why: 'bundled' })
      expect(diagnosis.problems.map(({ problem }) => problem).join()).toContain("inside the app's bundle")
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('variables that were set after tracing had started', async () => {
    const { diagnosis } = await examine(['--', 'node', app('late-variables.cjs')])
    expect(diagnosis.problems).toMatchObject([
      { problem: 'Set after tracing had started, too late to count: OTEL_SERVICE_NAME.' },
    ])
  })

  test('options that had no effect, because the doctor did not see that the app starts tracing', async () => {
    const { diagnosis } = await examine(['--', 'node', app('hidden-start.cjs')])
    expect(diagnosis.problems.map(({ problem }) => problem)).toEqual([
      'Options of startTracing() had no effect: serviceName.',
    ])
    expect(diagnosis.problems[0]?.cure).toContain('--no-start')
    const asItIs = await examine(['--no-start', '--', 'node', app('hidden-start.cjs')])
    expect(asItIs.diagnosis).toMatchObject({ ok: true, problems: [], ledger: { started: 1 } })
    expect(settingOf(asItIs.diagnosis, 'service.name')).toBe('hidden ← startTracing({ serviceName })')
  })
})

describe('status 1, and why', () => {
  test.each([
    ['the app made no span', ['node', app('nothing.cjs')], {}, 'The app made no span.'],
    [
      'no span is sampled',
      ['node', app('one-span.cjs')],
      { OTEL_TRACES_SAMPLER: 'always_off' },
      'No span was sampled: the sampler is AlwaysOffSampler.',
    ],
    [
      'spans go to the console',
      ['node', app('one-span.cjs')],
      { OTEL_TRACES_EXPORTER: 'console' },
      'Spans are not sent: they are printed by the console exporter (OTEL_TRACES_EXPORTER).',
    ],
    [
      'spans go nowhere',
      ['node', app('one-span.cjs')],
      { OTEL_TRACES_EXPORTER: 'none' },
      'Spans are not sent: there is no exporter (OTEL_TRACES_EXPORTER).',
    ],
    [
      'spans go where nobody can look',
      ['node', app('custom-processor.mjs')],
      {},
      "Spans are handed to Nowhere, and whether it sends them can't be seen from here.",
    ],
    [
      'tracing is disabled',
      ['node', app('one-span.cjs')],
      { OTEL_SDK_DISABLED: 'true' },
      'Tracing is off: OTEL_SDK_DISABLED=true disables it.',
    ],
    ['there is no such command', ['no-such-command'], {}, 'There is no command "no-such-command".'],
    ['the command is not Node.js', ['true'], {}, 'No Node.js process of the app was seen.'],
    [
      'something clears NODE_OPTIONS',
      ['env', '-u', 'NODE_OPTIONS', 'node', app('one-span.cjs')],
      {},
      'No Node.js process of the app was seen.',
    ],
    ['the app crashes', ['node', app('one-span.cjs'), 'crash'], {}, 'The app ended with status 1.'],
    ['the app fails', ['node', app('one-span.cjs'), 'exit'], {}, 'The app ended with status 3.'],
  ])('%s', async (_case, command, env, summary) => {
    const run = await examine(['--', ...command], env)
    expect(run.diagnosis).toMatchObject({ ok: false, summary })
    expect(run.exitCode).toBe(1)
  })

  test('another SDK, which runs already', async () => {
    const run = await examine(['--', 'node', app('other-sdk-first.cjs')])
    expect(run.exitCode).toBe(1)
    expect(run.diagnosis.tracing).toBe('another SDK')
    expect(run.diagnosis.summary).toContain('another OpenTelemetry SDK runs already: ')
  })

  test('a configuration file that is wrong', async () => {
    const run = await examine(['--', 'node', app('one-span.cjs')], { OTEL_CONFIG_FILE: app('nothing.cjs') })
    expect(run.diagnosis.tracing).toBe('wrong file')
    expect(run.diagnosis.summary).toMatch(/^Tracing is off: OTEL_CONFIG_FILE .*can't be used/)
    expect(run.exitCode).toBe(1)
  })

  test("the backend does not take the app's spans", async () => {
    sink.respondWith({ kind: 'status', http: 401, message: 'no such token' })
    const run = await examine(['--', 'node', app('one-span.cjs')])
    expect(run.diagnosis.summary).toContain('HTTP 401 Unauthorized: no such token')
    expect(run.diagnosis.ledger).toMatchObject({ started: 1, exported: 0, droppedExportFailed: 1 })
    expect(run.exitCode).toBe(1)
  })

  test('a server that nobody asks for anything, after --wait-seconds', async () => {
    const run = await examine(['--wait-seconds', '1', '--', 'node', app('idle.cjs')])
    expect(run.diagnosis).toMatchObject({ summary: 'The app made no span.', app: { endedBy: 'doctor' } })
    expect(run.exitCode).toBe(1)
  })
})

describe('the end of the app', () => {
  test('is the end of all that npm has started, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'served by npm '))
    try {
      const start = `node "${app('serve.mjs')}" && echo ended`
      await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { start } }))
      const PATH = `${dirname(process.execPath)}:${process.env.PATH}`
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, PATH }
      const run = await runDoctor(['--', 'npm', 'start'], { cwd: folder, env })
      expect(run.diagnosis).toMatchObject({ ok: true, app: { endedBy: 'doctor', wasKilled: false } })
      const [{ pid } = { pid: 0 }] = run.diagnosis.processes
      // It has ended for the doctor before whoever inherited it has asked how; until then its pid is taken.
      await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5_000)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('--seconds lets it run that long, whatever arrives', async () => {
    const run = await examine(['--seconds', '2', '--', 'node', app('serve.mjs')])
    expect(run.diagnosis.app).toMatchObject({ signal: 'SIGTERM', endedBy: 'doctor' })
    expect(run.exitCode).toBe(0)
    expect(run.tookMillis).toBeGreaterThan(2_000)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('%s is passed on, and the diagnosis follows', async (signal) => {
    const run = await runDoctor(['--until-exit', '--', 'node', app('serve.mjs')], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl },
      signalAfter: { pattern: /^served/, signal },
    })
    expect(run.diagnosis).toMatchObject({ ok: true, app: { signal, endedBy: 'signal' } })
    expect(run.exitCode).toBe(0)
  })

  test('an app that hears no signal is killed, and that is reported', async () => {
    const run = await examine(['--seconds', '1', '--', 'node', app('deaf.cjs')])
    expect(run.diagnosis.app).toMatchObject({ signal: 'SIGKILL', wasKilled: true })
    expect(run.stderr).toContain('ending it by SIGKILL')
    expect(run.exitCode).toBe(1)
  }, 40_000)

  test('leaves no files behind', async () => {
    const TMPDIR = await mkdtemp(join(tmpdir(), 'for the doctor '))
    try {
      const run = await examine(['--', 'node', app('one-span.cjs')], { TMPDIR })
      expect(run.diagnosis.ok).toBe(true)
      expect(await readdir(TMPDIR)).toEqual([])
    } finally {
      await rm(TMPDIR, { recursive: true })
    }
  })

  test("of the app's stdout nothing is on the doctor's, for machines; for people it stays where it is", async () => {
    const run = await examine(['--', 'node', app('nothing.cjs')])
    expect(run.stderr).toContain('nothing to trace')
    const inWords = await runDoctorInWords(['--', 'node', app('nothing.cjs')])
    expect(inWords.stdout).toContain('nothing to trace')
  })
})
