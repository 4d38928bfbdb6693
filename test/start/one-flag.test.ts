import { describe, expect, test } from 'vitest'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { spanTree } from '../helpers/span-tree.js'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const isNoSocket = ({ name }: ReceivedSpan): boolean => name !== 'tcp.connect'

describe.each(['cjs', 'mjs'])('an app in .%s under the one flag', (extension) => {
  test.each(['http', 'fetch'])('gives one CLIENT and one SERVER span for a call by %s', async (how) => {
    const run = await runTracedApp(`calls.${extension}`, { args: [how], env: { OTEL_SERVICE_NAME: 'app' } })

    expect(spanTree(run.spans.filter(isNoSocket))).toEqual([
      'INTERNAL work (app)',
      '  CLIENT GET (app)',
      '    SERVER GET (app)',
    ])
    expect(run).toMatchObject({ exitCode: 0, said: [], stdout: '' })
  })

  test('shows the socket of a call inside its trace only', async () => {
    const run = await runTracedApp(`calls.${extension}`, { args: ['http'], env: { OTEL_SERVICE_NAME: 'app' } })

    // The server's own listen() looks its address up outside of any trace.
    expect(new Set(run.spans.map(({ traceId }) => traceId)).size).toBe(1)
    expect(run.spans.filter(({ kind }) => kind === 'CLIENT' || kind === 'SERVER')).toHaveLength(2)
    expect(run.spans.map(({ name }) => name)).toContain('tcp.connect')
  })
})

test.each([
  ['--require', 'calls.cjs'],
  ['--import', 'calls.mjs'],
])('traces an app through NODE_OPTIONS with %s', async (flag, app) => {
  const env = { NODE_OPTIONS: `${flag} spanwright/register` }
  const run = await runTracedApp(app, { args: ['fetch'], withoutFlag: true, env })

  const kinds = run.spans.filter(isNoSocket).map(({ kind }) => kind)
  expect(kinds.toSorted()).toEqual(['CLIENT', 'INTERNAL', 'SERVER'])
})

test('gives one span a call also when tracing was stopped and started again', async () => {
  const run = await runTracedApp('restart.mjs', { withoutFlag: true, env: { OTEL_SERVICE_NAME: 'app' } })

  expect(spanTree(run.spans.filter(isNoSocket))).toEqual(['CLIENT GET (app)', '  SERVER GET (app)'])
  expect(run.exitCode).toBe(0)
})

describe('leaves alone what node is asked to run by', () => {
  test.each([
    ['--import', ['--eval', "console.log(require('os').EOL.length)"]],
    ['--require', ['--eval', "console.log(require('os').EOL.length)"]],
    ['--require', ['--print', "require('node:os').EOL.length"]],
    ['--import', ['--input-type=module', '--eval', "import os from 'node:os'; console.log(os.EOL.length)"]],
  ])('%s and %j', async (flag, rest) => {
    const result = await runNode({
      cwd: REPOSITORY,
      args: [flag, 'spanwright/register', ...rest],
      env: { OTEL_TRACES_EXPORTER: 'none' },
    })
    expect(result).toMatchObject({ stdout: '1\n', stderr: '', exitCode: 0 })
  })
})
