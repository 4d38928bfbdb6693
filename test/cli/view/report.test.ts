import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTraceFile } from '../../../src/viewer/receive/open-file.js'
import type { ViewReport } from '../../../src/viewer/text/report.js'
import { appFolder, type AppFolder } from '../../helpers/app-folder.js'
import { OTLP_JSON } from '../../viewer/receive/encoded.js'
import { runView } from './run-view.js'

let folder: AppFolder
beforeAll(async () => {
  folder = await appFolder({
    name: 'a job (with spaces)',
    files: {
      'trace.json': JSON.stringify(OTLP_JSON),
      'half.jsonl': `${JSON.stringify(OTLP_JSON)}\n{"resourceSpans": [{"scop`,
      'job.mjs': `
        import { trace } from '@opentelemetry/api'
        trace.getTracer('job').startActiveSpan('import customers', (span) => {
          span.recordException(new Error('no such file'))
          span.setStatus({ code: 2, message: 'no such file' })
          span.end()
        })
        console.log('the job is done')`,
      'never.mjs': `import { writeFileSync } from 'node:fs'\nwriteFileSync('it ran', '')`,
      'silent.mjs': `console.log('nothing is traced')`,
    },
    packages: ['@opentelemetry/api'],
  })
})
afterAll(() => folder[Symbol.asyncDispose]())

describe('view FILE', () => {
  test('as JSON opens no port, and is one object on stdout', async () => {
    const { exitCode, stdout, stderr } = await runView(['--json', '--traces', 'trace.json'], { cwd: folder.path })
    expect([exitCode, stderr]).toEqual([0, ''])
    const report = JSON.parse(stdout) as ViewReport
    expect(report).toMatchObject({ schema: 'spanwright.view/1', run: { spans: 1, traces: 1, services: ['orders'] } })
    expect(report.traces).toHaveLength(1)
  })

  test('as text says what is wrong, what could not be read, and fails where that is asked for', async () => {
    const args = ['--text', '--fail-on', 'error', '--github', 'half.jsonl']
    const { exitCode, stdout } = await runView(args, { cwd: folder.path })
    expect(exitCode).toBe(1)
    expect(stdout).toContain('it failed')
    expect(stdout).toContain('half.jsonl:2: is no JSON')
    expect(stdout).toMatch(/^::error /m)
  })
})

describe('what arrived', () => {
  test('is written by --save as this viewer reads it, and kept by --store over restarts, logs too', async () => {
    const { path } = folder
    const logged = { level: 40, time: 1_700_000_000_000, msg: 'half full', trace_id: 'ab'.repeat(16), disk: '/dev/sda' }
    writeFileSync(join(path, 'app.log'), `${JSON.stringify(logged)}\n`)
    const saving = ['--store', 'traces.db', '--save', 'saved.jsonl', '--logs', 'app.log']
    const run = ['--port', '0', '--json', ...saving, '--', 'node', 'job.mjs']
    expect((await runView(run, { cwd: path })).exitCode).toBe(0)
    const saved = readTraceFile(readFileSync(join(path, 'saved.jsonl')), 'saved.jsonl')
    expect(saved).toMatchObject({ problems: [], spans: [{ name: 'import customers', status: 'error' }] })
    expect(saved.logs).toMatchObject([
      { body: 'half full', severity: 'WARN', traceId: logged.trace_id, timeMicros: 1_700_000_000_000_000 },
    ])
    expect(saved.logs[0]?.attributes.disk).toBe('/dev/sda')
    for (const file of ['saved.jsonl', 'traces.db']) expect(statSync(join(path, file)).mode & 0o077).toBe(0)

    const { stdout, stderr, exitCode } = await runView(['--json', '--store', 'traces.db', 'trace.json'], { cwd: path })
    expect([exitCode, stderr]).toEqual([0, ''])
    expect((JSON.parse(stdout) as ViewReport).run).toMatchObject({ spans: 2, traces: 2 })
  })

  test('needs files that can be written, and a store that is one', async () => {
    const wrong = await runView(['--save', 'no such folder/a.jsonl', 'trace.json'], { cwd: folder.path })
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    expect(wrong.stderr).toContain('no such folder')
    const other = await runView(['--json', '--store', 'job.mjs', 'trace.json'], { cwd: folder.path })
    expect(other).toMatchObject({ exitCode: 2, stdout: '' })
    expect(other.stderr).toContain('job.mjs: file is not a database')
  })
})

describe('view --json -- command', () => {
  test('keeps stdout for the report, and ends with what --fail-on found', async () => {
    const args = ['--port', '0', '--json', '--fail-on', 'error', '--', 'node', 'job.mjs']
    const { exitCode, stdout, stderr } = await runView(args, { cwd: folder.path })
    expect(JSON.parse(stdout)).toMatchObject({
      run: { command: 'node job.mjs', spans: 1 },
      findings: [{ id: 'error', fails: true }],
    })
    expect(stderr).toContain('the job is done')
    expect(exitCode).toBe(1)
  })

  test('without a span fails by 3, as nothing was looked at, unless that is allowed', async () => {
    const run = (...more: string[]): ReturnType<typeof runView> =>
      runView(['--port', '0', '--fail-on', 'n+1', ...more, '--', 'node', 'silent.mjs'], { cwd: folder.path })
    const [strict, allowed] = await Promise.all([run(), run('--allow-empty')])
    expect([strict.exitCode, allowed.exitCode]).toEqual([3, 0])
    expect(strict.stdout).toContain('nothing is traced')
  })

  test.each([
    [['--fail-on', 'n-plus-one'], '"n-plus-one"'],
    [['--limit', 'n+1'], '--limit takes id.count=10'],
    [['--query', 'duration>fast'], '--query: '],
    [['--baseline', 'no such file.json'], '--baseline no such file.json: ENOENT'],
  ])('%j is refused before the command runs', async (args, words) => {
    const { exitCode, stderr } = await runView(['--port', '0', ...args, '--', 'node', 'never.mjs'], {
      cwd: folder.path,
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain(words)
    expect(existsSync(join(folder.path, 'it ran'))).toBe(false)
  })
})
