import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appFolder } from '../helpers/app-folder.js'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode, type NodeResult } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { countsByName, environmentFor, expectAllToArrive } from './both-runs.js'

const APP = 'neighbours.cjs'
const CLEANED_UP = { before: 500, 'cleaning up': 500 }
const signalAfterReady = (signal: NodeJS.Signals): { pattern: RegExp; signal: NodeJS.Signals } => ({
  pattern: /ready/,
  signal,
})

describe('a process ends as it does without us, and everything arrives, when it', () => {
  test.each([
    ['signal-exit 4', 'SIGTERM'],
    ['signal-exit 3', 'SIGINT'],
    ['cleans up, then signals again', 'SIGHUP'],
  ] as const)('%s has it cleaned up at %s', async (library, signal) => {
    const leaver = { app: APP, args: [library], signalAfter: signalAfterReady(signal) }
    const outcome = await expectAllToArrive('http/protobuf', leaver, CLEANED_UP)
    expect(outcome).toMatchObject({ exitCode: null, signal, stdout: 'ready\ncleaned up\n', timedOut: false })
  })

  test('uses both versions of signal-exit', async () => {
    const leaver = { app: APP, args: ['both signal-exits'], signalAfter: signalAfterReady('SIGTERM') }
    const outcome = await expectAllToArrive('http/protobuf', leaver, CLEANED_UP)
    expect(outcome).toMatchObject({ signal: 'SIGTERM', timedOut: false })
  })

  test('listens for a signal only where nobody listens yet', async () => {
    const leaver = { app: APP, args: ['listens where nobody does'], signalAfter: signalAfterReady('SIGTERM') }
    const outcome = await expectAllToArrive('http/protobuf', leaver, CLEANED_UP)
    expect(outcome).toMatchObject({ exitCode: 7, stdout: 'ready\ncleaned up\n' })
  })

  test('has as many listeners as Node.js allows without a warning, and emits signals by hand', async () => {
    const leaver = { app: APP, args: ['has ten listeners'], signalAfter: signalAfterReady('SIGINT') }
    const outcome = await expectAllToArrive('http/protobuf', leaver, CLEANED_UP)
    expect(outcome).toMatchObject({ exitCode: 7, stderr: '' })
    expect(outcome.stdout).toMatch(/^(by hand, without listeners: false\n){3}ready/)
  })
})

describe('signal-exit, where tracing starts in code', () => {
  test.each(['before it is loaded', 'once it is loaded', 'once it is in use'])('%s', async (start) => {
    await using sink = await otlpSink()
    const result = await runNode({
      args: [fixture(`leaving/${APP}`), 'signal-exit 4', start],
      cwd: REPOSITORY,
      env: environmentFor(sink, 'http/protobuf'),
      signalAfter: signalAfterReady('SIGTERM'),
    })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGTERM', stdout: 'ready\ncleaned up\n', stderr: '' })
    expect(countsByName(sink.spans())).toEqual(CLEANED_UP)
  })

  test('with an exporter that needs the event loop', async () => {
    const result = await runNode({
      args: [fixture(`leaving/${APP}`), 'signal-exit 4', 'once it is loaded', 'own exporter'],
      cwd: REPOSITORY,
      signalAfter: signalAfterReady('SIGTERM'),
    })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGTERM', stderr: '', timedOut: false })
    expect(spansSent(result)).toBe(1_000)
  })
})

const spansSent = ({ stdout }: NodeResult): number =>
  [...stdout.matchAll(/^sent (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)

test('two copies of the package in a process leave no signal to each other, and both send their spans', async () => {
  await using sink = await otlpSink()
  await using app = await appFolder({ packages: ['@opentelemetry/api'], files: { 'app.cjs': TWO_COPIES } })
  const copy = join(app.path, 'copy')
  await cp(join(REPOSITORY, 'dist'), join(copy, 'dist'), { recursive: true })
  await cp(join(REPOSITORY, 'package.json'), join(copy, 'package.json'))
  await symlink(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'), 'dir')
  const result = await runNode({
    args: ['--import', 'spanwright/register', 'app.cjs'],
    cwd: app.path,
    env: environmentFor(sink, 'http/protobuf'),
    signalAfter: signalAfterReady('SIGTERM'),
  })
  expect(result).toMatchObject({ exitCode: null, signal: 'SIGTERM', stdout: 'ready\n', stderr: '', timedOut: false })
  expect(countsByName(sink.spans())).toEqual({ 'of the flag': 1, 'of the copy': 1 })
})

const TWO_COPIES = `
const { trace } = require('@opentelemetry/api')
const { BatchSpanProcessor, TracerProvider } = require('./copy/dist/index.cjs')
const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor()] })
trace.getTracer('leaving').startSpan('of the flag').end()
provider.getTracer('leaving').startSpan('of the copy').end()
setInterval(() => {}, 1_000)
console.log('ready')
`
