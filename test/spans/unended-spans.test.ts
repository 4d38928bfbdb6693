import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TracingLedger } from '../../src/index.js'
import type { ExitHook } from '../../src/internal/process-exit/exit-hooks.js'
import { unendedSpansProcessor } from '../../src/spans/unended-spans.js'
import { TracerProvider } from '../../src/tracer/tracer-provider.js'
import { fixture, runTracedApp } from '../helpers/traced-app.js'

const APP = 'unended-spans.mjs'
const lines = readFileSync(fixture(APP), 'utf8').split('\n')
const placeOf = (name: string, code: string): string =>
  `Started at ${name} (${fixture(APP)}:${lines.findIndex((line) => line.includes(code)) + 1})`
const FORGOTTEN = placeOf('forget', "startSpan('forgotten'")
const HELD = placeOf('hold', "startSpan('held'")

describe('with SPANWRIGHT_DEBUG_SPANS=1', () => {
  test.each([
    ['its last line', [], 0],
    ['process.exit', ['exit'], 3],
  ])(
    'spans never ended are logged with where they were started; the process ends by %s',
    async (_how, args, exitCode) => {
      const env = { SPANWRIGHT_DEBUG_SPANS: '1' }
      const run = await runTracedApp(APP, { nodeArgs: ['--expose-gc'], args, env })
      expect(run).toMatchObject({ exitCode })
      expect(run.said).toEqual([
        'spanwright: the span "forgotten" was not ended, and nothing holds it any more that could end it: it is not sent. ' +
          FORGOTTEN,
        `spanwright: 50 spans such as "forgotten" were never ended. ${FORGOTTEN}`,
        `spanwright: 1 span "held" was never ended. ${HELD}`,
      ])
      expect(JSON.parse(run.stdout) as TracingLedger).toMatchObject({ started: 52, open: 51 })
      expect(run.spans.map(({ name }) => name)).toEqual(['ended'])
    },
  )
})

test('without it they are counted, and nothing is logged', async () => {
  const run = await runTracedApp(APP, { nodeArgs: ['--expose-gc'] })
  expect(run).toMatchObject({ exitCode: 0, said: [] })
  expect(JSON.parse(run.stdout) as TracingLedger).toMatchObject({ started: 52, open: 51 })
})

describe('the spans that are watched', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  interface Rig {
    readonly provider: TracerProvider
    readonly logged: string[]
    readonly atExit: () => void
  }

  function watching(mostWatched?: number): Rig {
    const logged: string[] = []
    const hooks = new Set<ExitHook>()
    const known = new Set<string>()
    const processor = unendedSpansProcessor({
      warnOnce: (key, message) => {
        if (!known.has(key)) logged.push(message)
        known.add(key)
      },
      addExitHook: (hook) => (hooks.add(hook), () => hooks.delete(hook)),
      clock: { nowMillis: () => Date.now() },
      ...(mostWatched !== undefined && { mostWatched }),
    })
    const provider = new TracerProvider({ spanProcessors: [processor] })
    return { provider, logged, atExit: () => hooks.forEach((hook) => hook.flushSync(0)) }
  }

  test('a span that is open for ten minutes is logged, once for its place', async () => {
    const { provider, logged } = watching()
    const tracer = provider.getTracer('app')
    const spans = ['stream 1', 'stream 2'].map((name) => tracer.startSpan(name))
    await vi.advanceTimersByTimeAsync(540_000)
    expect(logged).toEqual([])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(logged).toEqual([expect.stringMatching(/^the span "stream 1" has been open for 10 minutes\. Started at /)])
    for (const span of spans) span.end()
    await provider.shutdown()
    expect(logged).toHaveLength(1)
  })

  test('are bounded; how many were not watched is logged', async () => {
    const { provider, logged, atExit } = watching(10)
    const tracer = provider.getTracer('app')
    const open = Array.from({ length: 17 }, (_, index) => tracer.startSpan(`span ${index}`))
    atExit()
    expect(logged).toEqual([
      expect.stringMatching(/^10 spans such as "span 0" were never ended\. Started at /),
      expect.stringMatching(/^7 spans were not watched for their end: /),
    ])
    expect(open).toHaveLength(17)
    await provider.shutdown()
    expect(logged).toHaveLength(2)
  })
})
