import { describe, expect, test } from 'vitest'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { batchFixture, ledgerOf, run, type Ended } from '../pipeline/processes.js'

// Where a thread would die as it starts, would end the process, or does not come to run. The time-out of the shutdown is one
// that nobody can miss: where a thread is waited for in vain, a process takes that long.

const LONG_SHUTDOWN = '{ "shutdownTimeoutMillis": 20000 }'
const MUCH_LESS_MILLIS = 14_000
const flushes = (how: 'flush' | 'exit'): string[] => [batchFixture('flushes.mjs'), LONG_SHUTDOWN, how]

/** A process of ours under a limit of the shell's. */
function runUnder(limit: string, sink: OtlpSink, args: readonly string[]): Promise<Ended> {
  const shell = ['-c', `ulimit ${limit} && exec "$0" "$@"`, process.execPath]
  return run(sink, [...shell, ...args], { node: '/bin/sh', timeoutMillis: 25_000 })
}

function expectNoBlameOfBackend({ said }: Ended): void {
  expect(said.join('\n')).not.toMatch(/backend|OTEL_EXPORTER_OTLP_TIMEOUT/)
}

describe('in a working directory that was deleted', () => {
  const DELETED = ['--require', batchFixture('deleted-folder.cjs')]

  test.concurrent('spans are sent from the main thread, and one line says why', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, [...DELETED, ...flushes('flush')])
    expect(result.exitCode).toBe(0)
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expect(result.said).toEqual([
      expect.stringMatching(/no delivery thread can be started \(the working directory was deleted\); .*main thread/),
    ])
  })

  test.concurrent('process.exit does not wait for a thread that can never run', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, [...DELETED, ...flushes('exit')], { timeoutMillis: 25_000 })
    expect(result).toMatchObject({ exitCode: 3, timedOut: false })
    expect(result.tookMillis).toBeLessThan(MUCH_LESS_MILLIS)
    expectNoBlameOfBackend(result)
  })
})

describe.skipIf(process.platform === 'win32')('without file handles (Windows has no limit of them)', () => {
  test.concurrent('spans wait until there are some, and the app goes on', async () => {
    await using sink = await otlpSink()
    const result = await runUnder('-n 80', sink, [batchFixture('no-handles.mjs'), 'wait'])
    expect(result.exitCode, result.stderr).toBe(0)
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expect(sink.spans()).toHaveLength(10)
    expect(result.said).toEqual([
      expect.stringMatching(/no delivery thread can be started \(no file handles are left\)/),
      expect.stringMatching(/spans wait, because what sends them can't be loaded: EMFILE/),
    ])
  })

  test.concurrent('process.exit does not wait', async () => {
    await using sink = await otlpSink()
    const result = await runUnder('-n 80', sink, [batchFixture('no-handles.mjs'), 'exit'])
    expect(result).toMatchObject({ exitCode: 3, timedOut: false })
    expect(result.tookMillis).toBeLessThan(MUCH_LESS_MILLIS)
    expectNoBlameOfBackend(result)
  })
})

// V8 would end the process: it has room for one isolate, and not for the next. Linux alone keeps to such a limit.
test.skipIf(process.platform !== 'linux')(
  'where the address space is limited, no thread is started that would abort the process',
  async () => {
    await using sink = await otlpSink()
    const result = await runUnder('-v 1800000', sink, flushes('flush'))
    expect(result.exitCode, result.stderr).toBe(0)
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expect(result.said).toEqual([
      expect.stringMatching(/can be started \(too little address space is left .*ulimit -v\)/),
    ])
  },
)

test('a thread that does not come to run is not waited for to the end, and is what the loss is put down to', async () => {
  await using sink = await otlpSink()
  const starved = ['--require', batchFixture('starved-workers.cjs'), ...flushes('exit')]
  const result = await run(sink, starved, { timeoutMillis: 25_000 })
  expect(result).toMatchObject({ exitCode: 3, timedOut: false })
  expect(result.tookMillis).toBeLessThan(MUCH_LESS_MILLIS)
  expect(result.said).toEqual([
    expect.stringMatching(
      /^spanwright: 10 spans lost at exit: .*the delivery thread did not run in the \d+ ms .*CPU time/,
    ),
  ])
  expectNoBlameOfBackend(result)
})
