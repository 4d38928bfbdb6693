import { describe, expect, test } from 'vitest'
import { expectAllToArrive, PROTOCOLS } from './both-runs.js'

describe.each(PROTOCOLS)('over %s everything arrives, and nothing else changes, when', (protocol) => {
  test.concurrent.each(['return', 'exit'])('a worker thread ends (%s)', async (how) => {
    const leaver = { app: 'worker.cjs', args: [how], flagForAll: true }
    const outcome = await expectAllToArrive(protocol, leaver, { worker: 1_000 })
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'worker exited with 0\n' })
  })

  test.concurrent.each([
    ['disconnect', 'a worker ended with 0, null\n'],
    ['SIGTERM', 'a worker ended with null, SIGTERM\n'],
  ])('two cluster workers are ended by %s', async (how, ended) => {
    const spans = { 'worker 1': 1_000, 'worker 2': 1_000 }
    const outcome = await expectAllToArrive(protocol, { app: 'cluster.cjs', args: [how] }, spans)
    expect(outcome).toMatchObject({ exitCode: 0, stdout: ended.repeat(2) })
  })

  test.concurrent('a forked child, which inherits the flag, exits', async () => {
    const outcome = await expectAllToArrive(protocol, { app: 'fork.cjs' }, { child: 1_000 })
    expect(outcome.stdout).toBe('the child says goodbye\nthe child ended with 4, null\n')
  })
})
