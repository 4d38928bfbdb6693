import { ROOT_CONTEXT, SpanKind, TraceFlags, trace, type Context, type Span } from '@opentelemetry/api'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import {
  AlwaysOffSampler,
  createAlwaysRecordSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  consoleExporter,
  consoleSpanProcessor,
  type ConsoleExporterOptions,
} from '../../src/console/console-exporter.js'
import { TracingConfigError } from '../../src/internal/checks/validate.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (const name of ['FORCE_COLOR', 'NO_COLOR', 'TERM']) vi.stubEnv(name, '')
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** Keeps each write; `hold` leaves writes unanswered, `fail` answers them with an error. */
class Screen extends Writable {
  readonly writes: string[] = []
  isTTY?: boolean
  columns?: number
  readonly #answer: 'take' | 'hold' | 'fail'

  constructor(answer: 'take' | 'hold' | 'fail' = 'take') {
    super({ decodeStrings: false })
    this.#answer = answer
  }

  override _write(chunk: string, _: BufferEncoding, callback: (error?: Error) => void): void {
    if (this.#answer === 'fail') {
      callback(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      return
    }
    this.writes.push(chunk)
    if (this.#answer === 'take') callback()
  }
}

interface Rig {
  readonly screen: Screen
  readonly provider: TracerProvider
  readonly start: (name: string, parent?: Span | Context, kind?: SpanKind) => Span
}

function rig(options: ConsoleExporterOptions = {}, face: 'processor' | 'exporter' = 'processor'): Rig {
  const screen = (options.stream ?? new Screen()) as Screen
  const given = { ...options, stream: screen }
  const processor: SpanProcessor =
    face === 'processor' ? consoleSpanProcessor(given) : new SimpleSpanProcessor({ exporter: consoleExporter(given) })
  const provider = new TracerProvider({ spanProcessors: [processor] })
  const tracer = provider.getTracer('test')
  const start: Rig['start'] = (name, parent = ROOT_CONTEXT, kind = SpanKind.INTERNAL) =>
    tracer.startSpan(name, { kind }, 'spanContext' in parent ? trace.setSpan(ROOT_CONTEXT, parent) : parent)
  return { screen, provider, start }
}

function remote(span?: Span): Context {
  const { traceId, spanId } = span?.spanContext() ?? {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
  }
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true })
}

describe('span processor', () => {
  test('prints a trace with one write when its root has ended and nothing is open', () => {
    const { screen, start } = rig()
    const root = start('root')
    start('child', root).end()
    expect(screen.writes).toEqual([])
    root.end()
    expect(screen.writes).toHaveLength(1)
    expect(screen.writes[0]).toMatch(/^trace [\da-f]{32} [^]*\nroot .*\n└ child .*\n\n$/)
  })

  test('takes a span with a remote parent for the local root', () => {
    const { screen, start } = rig()
    start('root', remote()).end()
    expect(screen.writes[0]).toContain('remote parent 00f067aa0ba902b7\n└ root')
  })

  test('waits for the outermost span when a process calls itself', () => {
    const { screen, start } = rig()
    const root = start('root')
    const call = start('call', root, SpanKind.CLIENT)
    start('serve', remote(call), SpanKind.SERVER).end()
    vi.advanceTimersByTime(1_000)
    expect(screen.writes).toEqual([])
    call.end()
    root.end()
    expect(screen.writes[0]).toMatch(/root .*\n└ call .*\n {2}└ serve /)
  })

  test('does not mix concurrent traces', () => {
    const { screen, start } = rig()
    const [one, two] = [start('one'), start('two')]
    start('child of one', one).end()
    start('child of two', two).end()
    two.end()
    one.end()
    expect(screen.writes).toHaveLength(2)
    expect(screen.writes[0]).not.toContain('one')
    expect(screen.writes[1]).not.toContain('two')
  })

  test('leaves out spans that are recorded and not sampled', () => {
    const screen = new Screen()
    const provider = new TracerProvider({
      sampler: createAlwaysRecordSampler(new AlwaysOffSampler()),
      spanProcessors: [consoleSpanProcessor({ stream: screen })],
    })
    const span = provider.getTracer('test').startSpan('unsampled')
    expect(span.isRecording()).toBe(true)
    span.end()
    vi.advanceTimersByTime(100_000)
    expect(screen.writes).toEqual([])
  })

  test('prints 100 ms after the root when something is still open, and the rest as a continuation', () => {
    const { screen, start } = rig()
    const root = start('root')
    const mail = start('send mail', root)
    root.end()
    vi.advanceTimersByTime(99)
    expect(screen.writes).toEqual([])
    vi.advanceTimersByTime(1)
    expect(screen.writes).toHaveLength(1)
    expect(screen.writes[0]).toMatch(/└ send mail +open/)
    mail.end()
    vi.advanceTimersByTime(100)
    expect(screen.writes).toHaveLength(2)
    expect(screen.writes[1]).toContain(`trace ${root.spanContext().traceId} (continued)`)
    expect(screen.writes[1]).toMatch(/root \([\da-f]{16}, above\)\n└ send mail/)
  })

  test('prints spans that start after the trace was printed together, as a continuation', () => {
    const { screen, start } = rig()
    const root = start('root')
    root.end()
    start('late', root).end()
    start('later', root).end()
    expect(screen.writes).toHaveLength(1)
    vi.advanceTimersByTime(100)
    expect(screen.writes).toHaveLength(2)
    expect(screen.writes[1]).toMatch(/\(continued\).*\n(.*\n)*├ late .*\n└ later /)
  })

  test('shows what has ended beneath a root that runs for more than a minute', () => {
    const { screen, start } = rig()
    const root = start('worker')
    start('job', root).end()
    vi.advanceTimersByTime(59_999)
    expect(screen.writes).toEqual([])
    vi.advanceTimersByTime(1)
    expect(screen.writes[0]).toMatch(/worker +open .*\n└ job/)
  })

  test('prints spans whose root is not sampled or never seen', () => {
    const { screen, start } = rig()
    const parent = trace.setSpanContext(ROOT_CONTEXT, { ...start('x').spanContext(), traceId: 'a'.repeat(32) })
    start('orphan', parent).end()
    vi.advanceTimersByTime(100)
    expect(screen.writes[0]).toContain('└ orphan')
  })

  test('prints what has ended when it is flushed, and the rest when that ends', async () => {
    const { screen, provider, start } = rig()
    const root = start('root')
    start('child', root).end()
    await provider.forceFlush()
    expect(screen.writes[0]).toMatch(/1 still open[^]*root +open .*\n└ child/)
    root.end()
    vi.advanceTimersByTime(100)
    expect(screen.writes).toHaveLength(2)
    expect(screen.writes[1]).toMatch(/\(continued\)[^]*\nroot /)
  })

  test('prints what has ended when it is shut down, and nothing afterwards', async () => {
    const { screen, provider, start } = rig()
    const root = start('root')
    start('child', root).end()
    await provider.shutdown()
    expect(screen.writes).toHaveLength(1)
    root.end()
    start('after').end()
    vi.advanceTimersByTime(100_000)
    expect(screen.writes).toHaveLength(1)
  })

  test('prints the oldest trace early rather than hold more spans than allowed', () => {
    const { screen, start } = rig({ maxBufferedSpans: 6 })
    const [oldest, newer] = [start('oldest'), start('newer')]
    for (const name of ['a', 'b', 'c']) start(name, oldest).end()
    start('d', newer).end()
    expect(screen.writes).toEqual([])
    start('e', newer).end()
    expect(screen.writes).toHaveLength(1)
    expect(screen.writes[0]).toMatch(/oldest +open .*\n├ a .*\n├ b .*\n└ c /)
    oldest.end()
    newer.end()
    vi.advanceTimersByTime(100)
    expect(screen.writes).toHaveLength(3)
    expect(screen.writes[1]).toMatch(/3 spans[^]*newer .*\n├ d .*\n└ e /)
    expect(screen.writes[2]).toMatch(/1 span[^]*\noldest /)
  })

  test('forgets spans that never end, and still prints those that do', () => {
    const { screen, start } = rig({ maxBufferedSpans: 10 })
    const leaked = Array.from({ length: 50 }, (_, index) => start(`leak ${index}`))
    expect(screen.writes).toEqual([])
    leaked[0]?.end()
    expect(screen.writes).toHaveLength(1)
  })

  test('prints at the process’s exit what was waiting', async () => {
    vi.resetModules()
    const before = new Set(process.listeners('exit'))
    const fresh = await import('../../src/console/console-exporter.js')
    const screen = new Screen()
    const provider = new TracerProvider({ spanProcessors: [fresh.consoleSpanProcessor({ stream: screen })] })
    const tracer = provider.getTracer('test')
    tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, tracer.startSpan('root'))).end()
    const [listener, ...others] = process.listeners('exit').filter((each) => !before.has(each))
    expect(others).toEqual([])
    listener?.call(process, 0)
    expect(screen.writes[0]).toMatch(/root +open .*\n└ child/)
    if (listener) process.removeListener('exit', listener)
  })
})

describe('exporter', () => {
  test('prints 100 ms after the local root has arrived, with the children that arrived before and since', async () => {
    const { screen, start } = rig({}, 'exporter')
    const root = start('root')
    const slow = start('outlives the root', root)
    start('child', root).end()
    root.end()
    await vi.advanceTimersByTimeAsync(50)
    slow.end()
    expect(screen.writes).toEqual([])
    await vi.advanceTimersByTimeAsync(50)
    expect(screen.writes).toHaveLength(1)
    expect(screen.writes[0]).toContain('3 spans')
  })

  test('gives a trace without a root a minute', async () => {
    const { screen, start } = rig({}, 'exporter')
    start('child', start('root')).end()
    await vi.advanceTimersByTimeAsync(59_999)
    expect(screen.writes).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(screen.writes[0]).toContain('└ child')
  })

  test('prints what is waiting when it is flushed or shut down', async () => {
    const { screen, provider, start } = rig({}, 'exporter')
    const root = start('root')
    start('child', root).end()
    await provider.forceFlush()
    expect(screen.writes).toHaveLength(1)
    root.end()
    await provider.shutdown()
    expect(screen.writes).toHaveLength(2)
  })

  test('says that an export after the shutdown failed', async () => {
    const exporter = consoleExporter({ stream: new Screen() })
    await exporter.shutdown()
    const results: ExportResult[] = []
    exporter.export([], (result) => results.push(result))
    expect(results).toMatchObject([
      { code: ExportResultCode.FAILED, error: { message: expect.stringContaining('shut') as string } },
    ])
  })
})

describe('stream', () => {
  test('that breaks stops the printing, is told on stderr and does not reach the host', async () => {
    const told: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0)
    const { screen, provider, start } = rig({ stream: new Screen('fail') })
    start('one').end()
    // The 'error' event comes after the write; without a listener it would end the process.
    expect(screen.listenerCount('error')).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(screen.errored?.message).toBe('write EPIPE')
    start('two').end()
    await provider.shutdown()
    expect(told).toEqual(['spanwright: the console exporter stops printing: its stream failed (write EPIPE)\n'])
  })

  test('keeps no listener of ours between traces', async () => {
    const { screen, provider, start } = rig()
    for (let index = 0; index < 20; index++) start('root').end()
    await provider.forceFlush()
    expect(screen.writes).toHaveLength(20)
    expect(screen.listenerCount('error')).toBe(0)
  })

  test('that takes nothing delays a shutdown by one second at most', async () => {
    const { provider, start } = rig({ stream: new Screen('hold') })
    start('root').end()
    let done = false
    const shutdown = provider.shutdown().then(() => (done = true))
    await vi.advanceTimersByTimeAsync(999)
    expect(done).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await shutdown
    expect(done).toBe(true)
  })

  test('that does not keep up costs traces, which are counted in the next one', () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { screen, start } = rig()
    const waiting = vi.spyOn(screen, 'writableLength', 'get').mockReturnValue(17 * 1_024 * 1_024)
    start('one').end()
    start('two').end()
    expect(screen.writes).toEqual([])
    waiting.mockReturnValue(0)
    start('three').end()
    expect(screen.writes[0]).toMatch(/^2 traces not printed: the output is too slow\n\ntrace /)
  })

  test('is process.stdout unless another is given', () => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const provider = new TracerProvider({ spanProcessors: [consoleSpanProcessor()] })
    provider.getTracer('test').startSpan('root').end()
    expect(out).toHaveBeenCalledTimes(1)
    expect(out.mock.calls[0]?.[0]).toContain('trace ')
    process.stdout.removeAllListeners('error')
  })

  test('gives its width when it is a terminal, anew for each trace', () => {
    const { screen, start } = rig({ colours: false })
    const widest = (): number => Math.max(...(screen.writes.at(-1) ?? '').split('\n').map(({ length }) => length))
    start('root').end()
    expect(widest()).toBe(100)
    Object.assign(screen, { isTTY: true, columns: 130 })
    start('root').end()
    expect(widest()).toBe(130)
    screen.columns = 115
    start('root').end()
    expect(widest()).toBe(115)
  })
})

describe('colours', () => {
  test.each<[string, { isTTY: boolean; env?: Record<string, string>; colours?: boolean }, boolean]>([
    ['on for a terminal', { isTTY: true }, true],
    ['off for a file or a pipe', { isTTY: false }, false],
    ['off when NO_COLOR is set', { isTTY: true, env: { NO_COLOR: '1' } }, false],
    ['off on a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }, false],
    ['on when FORCE_COLOR is set, NO_COLOR or not', { isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
    ['off when FORCE_COLOR is 0', { isTTY: true, env: { FORCE_COLOR: '0' } }, false],
    ['on when the option says so', { isTTY: false, colours: true, env: { NO_COLOR: '1' } }, true],
    ['off when the option says so', { isTTY: true, colours: false, env: { FORCE_COLOR: '1' } }, false],
  ])('are %s', (_, { isTTY, env = {}, colours }, expected) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const { screen, start } = rig(colours === undefined ? {} : { colours })
    screen.isTTY = isTTY
    start('root').end()
    expect(screen.writes[0]?.includes('\u001b[')).toBe(expected)
  })
})

describe('the host', () => {
  test('never sees an error from a span that cannot be drawn', () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const screen = new Screen()
    const processor = consoleSpanProcessor({ stream: screen })
    const broken: SpanProcessor = {
      ...{ onStart: () => {}, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() },
      onEnd(span) {
        const throws = (): never => {
          throw new Error('broken')
        }
        processor.onEnd(Object.create(span, { name: { get: throws } }) as ReadableSpan)
        processor.onEnd(Object.create(span, { parentSpanContext: { get: throws } }) as ReadableSpan)
      },
    }
    const provider = new TracerProvider({ spanProcessors: [broken] })
    const span = provider.getTracer('test').startSpan('root')
    expect(() => {
      span.end()
    }).not.toThrow()
    expect(screen.writes).toEqual([`trace ${span.spanContext().traceId}  1 spans that could not be drawn\n\n`])
  })

  test.each<[string, unknown, string]>([
    ['columns', { columns: 0 }, 'columns must be an integer of at least 1, got 0'],
    ['maxBufferedSpans', { maxBufferedSpans: 1.5 }, 'maxBufferedSpans must be an integer of at least 1, got 1.5'],
    [
      'stream',
      { stream: {} },
      'stream must be a writable stream (an object with write, on, removeListener), got Object {}',
    ],
    ['colours', { colours: 'yes' }, 'colours must be true or false, got "yes"'],
    [
      'an unknown option',
      { colors: true },
      'colors must be one of stream, columns, colours, maxBufferedSpans, got "colors"',
    ],
  ])('is told at the start when %s is wrong', (_, options, message) => {
    for (const create of [consoleSpanProcessor, consoleExporter]) {
      const attempt = (): unknown => create(options as ConsoleExporterOptions)
      expect(attempt).toThrow(TracingConfigError)
      expect(attempt).toThrow(message)
    }
  })
})
