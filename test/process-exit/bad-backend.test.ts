import { describe, expect, test } from 'vitest'
import type { TracingOptions } from '../../src/index.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { environmentFor, PROTOCOLS, type Protocol } from './both-runs.js'

interface TimedEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stderr: string
  /** From its line `leaving` to its end, measured by its parent. */
  readonly tookMillis: number
}

/** Each way with how it ends, whatever the backend does. */
const WAYS = [
  ['end', { exitCode: 0, signal: null }],
  ['exit 3', { exitCode: 3, signal: null }],
  ['throw', { exitCode: 1, signal: null }],
  ['SIGTERM', { exitCode: null, signal: 'SIGTERM' }],
] as const

async function leave(way: string, options: TracingOptions, sink: OtlpSink, protocol: Protocol): Promise<TimedEnd> {
  const { stdout } = await runNode({
    args: [fixture('leaving/timed.mjs'), fixture('leaving/says-when.mjs'), way, JSON.stringify(options)],
    cwd: REPOSITORY,
    env: environmentFor(sink, protocol),
  })
  return JSON.parse(stdout) as TimedEnd
}

/** The last of ours: of an uncaught error Node.js itself tells after the listeners for `exit`. */
function expectLossToBeToldLast({ stderr }: TimedEnd): void {
  const ours = stderr.split('\n').filter((line) => line.startsWith('spanwright: '))
  expect(ours).toEqual([expect.stringMatching(/^spanwright: 1000 spans lost at exit: /)])
}

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test.concurrent.each(WAYS)(
    'a backend that hangs holds up %s for shutdownTimeoutMillis, and the last line says how many spans are lost',
    async (way, end) => {
      await using sink = await otlpSink()
      sink.respondWith({ kind: 'hang' })
      const result = await leave(way, { shutdownTimeoutMillis: 1_000 }, sink, protocol)
      expect(result).toMatchObject(end)
      expect(result.tookMillis).toBeGreaterThan(900)
      // Busy machines are slow to start threads and processes; without the limit it would be 10,000.
      expect(result.tookMillis).toBeLessThan(6_000)
      expectLossToBeToldLast(result)
    },
  )

  test.concurrent.each(WAYS)(
    'a backend that is not there hardly holds up %s, and one line says how many spans are lost, and why',
    async (way, end) => {
      await using sink = await otlpSink()
      await sink.down()
      const result = await leave(way, { shutdownTimeoutMillis: 12_000 }, sink, protocol)
      expect(result).toMatchObject(end)
      expect(result.tookMillis).toBeLessThan(6_000)
      expectLossToBeToldLast(result)
      expect(result.stderr).toContain('ECONNREFUSED')
    },
  )
})
