import { describe, expect, test } from 'vitest'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

const leave = (how: string, signal?: NodeJS.Signals, sink?: OtlpSink): Promise<TracedRun> =>
  runTracedApp('leave.mjs', {
    withoutFlag: true,
    args: [how],
    ...(sink && { sink }),
    ...(signal && { signalAfter: { pattern: /ready/, signal } }),
  })

describe('everything arrives, and nothing is said,', () => {
  test.each(['end', 'shutdown', 'flush'])('when the process leaves by %s', async (how) => {
    const result = await leave(how)
    expect(result.spans).toHaveLength(100)
    expect(result).toMatchObject({ exitCode: 0, signal: null, said: [] })
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'when the process ends by %s, and it still does',
    async (signal) => {
      const result = await leave('wait', signal)
      expect(result.spans).toHaveLength(100)
      expect(result).toMatchObject({ exitCode: null, signal, said: [] })
    },
  )

  test('when the app has a handler of its own for the signal, and its exit status stays', async () => {
    const result = await leave('own-handler', 'SIGTERM')
    expect(result.spans).toHaveLength(100)
    expect(result).toMatchObject({ exitCode: 3, signal: null, said: [] })
  })
})

describe('shutdown() never rejects', () => {
  test('when the backend is away, and says so once', async () => {
    await using sink = await otlpSink()
    await sink.down()
    const result = await leave('shutdown', undefined, sink)
    expect(result).toMatchObject({ exitCode: 0, timedOut: false })
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: 100 spans lost at exit: .*ECONNREFUSED/)])
  })

  test('when the backend refuses, and says so', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'status', http: 400, grpc: 3, message: 'no such tenant' })
    const result = await leave('shutdown', undefined, sink)
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toMatch(/Bad Request|400/)
  })

  test('when the backend hangs, and waits no longer than it was told to', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    const result = await leave('wait', 'SIGTERM', sink)
    expect(result).toMatchObject({ signal: 'SIGTERM' })
    expect(result.stderr).toContain('100 spans lost at exit')
  })
})
