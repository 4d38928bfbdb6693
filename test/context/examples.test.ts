import { expect, test } from 'vitest'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'

test.each([
  ['emitter', [], ['without bindContext: in stock, in no trace', 'with bindContext: in stock, in its trace']],
  ['queue', [], ['without bindContext: in no trace', 'with bindContext: in its trace']],
  [
    'generator',
    [],
    [
      'without bindContext: page 1 in no trace',
      'without bindContext: page 2 in no trace',
      'with bindContext: page 1 in its trace',
      'with bindContext: page 2 in its trace',
    ],
  ],
  [
    'pool',
    [],
    [
      'without bindContext: the query of GET /second runs in GET /fourth',
      'with bindContext: the query of GET /third runs in GET /third',
    ],
  ],
  [
    'worker',
    ['--import', 'spanwright/register'],
    ['without workerWithContext: resized in a trace of its own', 'with workerWithContext: resized in the trace'],
  ],
])('the example of the %s shows the loss and the cure', async (name, flags, lines) => {
  const { stdout, stderr, exitCode } = await runNode({
    cwd: REPOSITORY,
    args: [...flags, `examples/context-${name}.mjs`],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    timeoutMillis: 20_000,
  })
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout.trim().split('\n')).toEqual(lines)
})
