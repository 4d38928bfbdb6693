import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { getTracing, SamplingDecision, startTracing, type Tracing, type TracingOptions } from '../../src/index.js'

let tracing: Tracing | undefined
afterEach(async () => {
  await tracing?.shutdown()
})

const start = (options: TracingOptions): Tracing =>
  (tracing = startTracing({ traceExporter: 'none', instrumentations: [], ...options }))

describe('startTracing', () => {
  test('returns the first handle when it is called again, and warns once of options that have no effect', () => {
    const said: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    const first = start({})
    expect([startTracing(), startTracing({}), getTracing()]).toEqual([first, first, first])
    expect(said).toEqual([])
    const second = startTracing({ serviceName: 'other' })
    startTracing({ serviceName: 'other' })
    vi.restoreAllMocks()
    expect(second).toBe(first)
    const warning =
      'tracing is running already; the first handle is returned, and these options have no effect: serviceName'
    expect(said).toEqual([expect.stringContaining(warning)])
  })

  test('getTracing has a handle that does nothing where nothing runs', async () => {
    const idle = getTracing()
    await expect(Promise.all([idle.flush(), idle.shutdown()])).resolves.toBeDefined()
    expect([idle.ledger().started, idle.explain('a')]).toEqual([0, undefined])
    const running = start({})
    expect(getTracing()).toBe(running)
    await running.shutdown()
    expect(getTracing()).not.toBe(running)
  })

  test('can be called again after a shutdown', async () => {
    const exporter = new InMemorySpanExporter()
    await start({}).shutdown()
    start({ traceExporter: exporter })
    trace.getTracer('app').startSpan('second life').end()
    await tracing?.flush()
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['second life'])
  })

  test('hands out the NodeSDK that it booted', () => {
    expect(start({}).sdk).toBeInstanceOf(NodeSDK)
  })

  test('leaves a diagnostic logger of the user in place', () => {
    const heard: string[] = []
    const hear = (message: string): void => void heard.push(message)
    diag.setLogger(
      { error: hear, warn: hear, info: hear, debug: hear, verbose: hear },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    )
    start({})
    diag.warn('to the user')
    diag.disable()
    expect(heard).toEqual(['to the user'])
  })

  test('puts the automatic processors where auto stands among the given ones', async () => {
    const before = new InMemorySpanExporter()
    const auto = new InMemorySpanExporter()
    start({ traceExporter: auto, spanProcessors: [new SimpleSpanProcessor({ exporter: before }), 'auto'] })
    trace.getTracer('app').startSpan('both').end()
    await tracing?.flush()
    expect([before, auto].map((exporter) => exporter.getFinishedSpans().length)).toEqual([1, 1])
  })

  test('has only the given processors where auto does not stand among them', async () => {
    const auto = new InMemorySpanExporter()
    start({ traceExporter: auto, spanProcessors: [] })
    trace.getTracer('app').startSpan('unseen').end()
    await tracing?.flush()
    expect(auto.getFinishedSpans()).toEqual([])
  })

  test('propagates by the propagators it is given, in names and objects', () => {
    start({
      propagators: [
        'b3',
        {
          inject: (_c, carrier, setter) => setter.set(carrier, 'x-own', '1'),
          extract: (c) => c,
          fields: () => ['x-own'],
        },
      ],
    })
    const headers = {}
    trace.getTracer('app').startActiveSpan('out', (span) => {
      propagation.inject(context.active(), headers)
      span.end()
    })
    expect(Object.keys(headers).toSorted()).toEqual(['b3', 'x-own'])
  })

  test('propagates nothing with an empty list', () => {
    start({ propagators: [] })
    const headers = {}
    trace.getTracer('app').startActiveSpan('out', () => propagation.inject(context.active(), headers))
    expect(headers).toEqual({})
  })

  test('lets a sampler in code decide', () => {
    start({ sampler: { shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }), toString: () => 'Never' } })
    expect(trace.getTracer('app').startSpan('dropped').isRecording()).toBe(false)
  })

  test('does not reject a flush or shutdown when a processor throws', async () => {
    const broken = {
      onStart: () => undefined,
      onEnd: () => undefined,
      forceFlush: () => {
        throw new Error('broken')
      },
      shutdown: () => Promise.reject(new Error('broken')),
    }
    start({ spanProcessors: [broken] })
    await expect(tracing?.flush()).resolves.toMatchObject({ exported: 0 })
    await expect(tracing?.shutdown()).resolves.toMatchObject({ exported: 0 })
  })
})
