import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const APP = 'replaced-globals/app.cjs'
const REQUESTED = ['GET', 'GET', 'last', 'tcp.connect', 'work']

describe('in an app that replaces its timers, clocks, Promise and URL', () => {
  test.each([
    ['runs off its end', 'end', 0],
    ['ends by process.exit', 'exit', 3],
  ])('nothing is lost, and nothing said to be, where it %s', async (_how, end, exitCode) => {
    const { spans, ...result } = await runTracedApp(APP, { args: [end] })
    expect(result).toMatchObject({ exitCode, stderr: '' })
    expect(spans.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(REQUESTED))
    // The clock of the machine, and not the one that always says 1970.
    const ages = spans.map(({ startUnixNano }) => Date.now() - Number(startUnixNano / 1_000_000n))
    expect(Math.max(...ages)).toBeLessThan(60_000)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  })

  test('before tracing starts, a flush still reports what has arrived', async () => {
    const nodeArgs = ['--require', fixture('replaced-globals/replace.cjs'), '--import', 'spanwright/register']
    const { spans, ...result } = await runTracedApp(APP, { withoutFlag: true, nodeArgs, args: ['flush'] })
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(result.stdout)).toMatchObject({ failed: 0, pending: 0, timedOut: false })
    expect(spans.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(REQUESTED))
  })
})

test.each([
  ['Vitest', [join('node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', fixture('fake-timers')]],
  ['node:test', ['--test', fixture('fake-timers/mock-timers.mjs')]],
])('under the fake timers of %s a flush settles, and the last span is sent', async (_name, args) => {
  await using sink = await otlpSink()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl }
  const { exitCode, stdout, stderr } = await runNode({ args, cwd: REPOSITORY, env, timeoutMillis: 25_000 })
  expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' })
  expect(sink.spans().map(({ name }) => name)).toEqual(['slow', 'last'])
})
