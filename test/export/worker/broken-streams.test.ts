import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'

type Stream = 'pipe' | number

/** How an app ends that writes one line to each while the delivery thread runs, and which spans arrive. */
async function run(stdout: Stream, stderr: Stream, onStart: (app: ChildProcess) => void = () => undefined) {
  await using sink = await otlpSink()
  const app = spawn(process.execPath, ['--import', 'spanwright/register', fixture('broken-streams.cjs')], {
    cwd: REPOSITORY,
    env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl },
    stdio: ['ignore', stdout, stderr],
  })
  onStart(app)
  const [status, signal] = (await once(app, 'exit')) as [number | null, string | null]
  return { status, signal, spans: sink.spans().map(({ name }) => name) }
}

const AS_WITHOUT_US = { status: 0, signal: null, spans: ['before', 'after'] }

describe('with the delivery thread, an app lives on', () => {
  test.skipIf(!existsSync('/dev/full'))('whose stdout and stderr are full (only Linux has /dev/full)', async () => {
    const full = openSync('/dev/full', 'w')
    try {
      expect(await run(full, full)).toEqual(AS_WITHOUT_US)
    } finally {
      closeSync(full)
    }
  })

  test('whose stdout and stderr are pipes that nothing reads any more', async () => {
    const result = await run('pipe', 'pipe', ({ stdout, stderr }) => {
      stdout?.destroy()
      stderr?.destroy()
    })
    expect(result).toEqual(AS_WITHOUT_US)
  })
})
