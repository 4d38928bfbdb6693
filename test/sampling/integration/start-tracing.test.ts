import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Span } from '@opentelemetry/api'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  adjustedCount,
  alwaysOff,
  alwaysOn,
  errorBiasedSampler,
  keep,
  parentBased,
  probabilitySampler,
  ruleBasedSampler,
  startTracing,
  TracingConfigError,
  withSpan,
  type Sampler,
  type Tracing,
  type TracingOptions,
} from '../../../src/index.js'

/** R just above and just below a half. */
const ABOVE_HALF = '4bf92f3577b34da6a380000000000001'
const BELOW_HALF = '4bf92f3577b34da6a37fffffffffffff'
const SECRET = 'correct horse battery'
const force = { header: 'x-trace-me', secret: SECRET }

let tracing: Tracing | undefined
let exporter: InMemorySpanExporter
afterEach(async () => {
  await tracing?.shutdown()
})

function start(options: TracingOptions): Tracing {
  exporter = new InMemorySpanExporter()
  return (tracing = startTracing({ traceExporter: exporter, instrumentations: [], ...options }))
}

async function exported(): Promise<string[]> {
  await tracing?.flush()
  return exporter.getFinishedSpans().map(({ name }) => name)
}

/** A request as the instrumentations begin it. */
function request<T>(headers: Record<string, string>, fn: (span: Span) => T): T {
  const span = trace.getTracer('test').startSpan('request', {}, propagation.extract(ROOT_CONTEXT, headers))
  const result = context.with(trace.setSpan(propagation.extract(ROOT_CONTEXT, headers), span), () => fn(span))
  span.end()
  return result
}

const fromTrace = (traceId: string): Record<string, string> => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-00` })
const traceIdOf = (span: Span): string => span.spanContext().traceId
const root = (): string => request({}, traceIdOf)

describe('setSampler', () => {
  test('decides from the next root on', async () => {
    const running = start({ sampler: alwaysOff() })
    root()
    running.setSampler(alwaysOn())
    withSpan('seen', () => undefined)
    running.setSampler(alwaysOff())
    root()
    expect(await exported()).toEqual(['seen'])
  })

  test.each([
    ['kept', alwaysOn(), alwaysOff(), ['child', 'kept']],
    ['dropped', alwaysOff(), alwaysOn(), []],
  ])('leaves the children of a root that was %s with their root', async (name, before, after, spans) => {
    const running = start({ sampler: parentBased(before) })
    withSpan(name, () => {
      running.setSampler(parentBased(after))
      withSpan('child', () => undefined)
    })
    expect(await exported()).toEqual(spans)
  })

  test('leaves a trace that is held back to the sampler that began it', async () => {
    const running = start({ sampler: errorBiasedSampler({ ratio: 0 }) })
    const failing = (): void =>
      withSpan('root', () => {
        running.setSampler(alwaysOff())
        withSpan('child', () => {
          throw new Error('late')
        })
      })
    expect(failing).toThrow('late')
    expect(await exported()).toEqual(['child', 'root'])
  })

  test('closes the sampler that was there, and the last one at shutdown', async () => {
    const closed: string[] = []
    const running = start({ sampler: closing(() => closed.push('first')) })
    running.setSampler(closing(() => closed.push('second')))
    expect(closed).toEqual(['first'])
    await running.shutdown()
    expect(closed).toEqual(['first', 'second'])
  })

  test.each([
    ['parentBased', (root: Sampler) => parentBased(root)],
    ['errorBiasedSampler', (sampler: Sampler) => errorBiasedSampler({ sampler })],
  ])('closes what stands within %s', (_name, around) => {
    const close = vi.fn()
    const running = start({ sampler: around(closing(close)) })
    running.setSampler(alwaysOn())
    expect(close).toHaveBeenCalledOnce()
  })

  test('a sampler that can not be closed is told, and tracing shuts down all the same', async () => {
    const said: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    const fail = (): never => {
      throw new Error('stuck')
    }
    await start({ sampler: closing(fail) }).shutdown()
    vi.restoreAllMocks()
    expect(said).toEqual([expect.stringContaining('a sampler could not be closed: stuck')])
    withSpan('not traced', () => undefined)
    start({ sampler: alwaysOn() })
    withSpan('second life', () => undefined)
    expect(await exported()).toEqual(['second life'])
  })

  test.each([undefined, null, {}, 'always_on', { shouldSample: 1 }])(
    'throws for %j, and keeps what was there',
    async (wrong) => {
      const running = start({ sampler: alwaysOn() })
      expect(() => running.setSampler(wrong as never)).toThrow(TracingConfigError)
      expect(() => running.setSampler(wrong as never)).toThrow(expect.objectContaining({ option: 'sampler' }))
      withSpan('seen', () => undefined)
      expect(await exported()).toEqual(['seen'])
    },
  )
})

describe('explain', () => {
  test('tells sampler, R, T and that the head kept the trace', () => {
    const running = start({ sampler: probabilitySampler(0.5) })
    request(fromTrace(ABOVE_HALF), () => undefined)
    expect(running.explain(ABOVE_HALF)).toEqual({
      traceId: ABOVE_HALF,
      sampler: 'Probability{0.5}',
      randomness: '80000000000001',
      threshold: '8',
      head: 'sampled',
      outcome: 'kept',
      reason: 'head',
    })
  })

  test('tells sampler and R of a trace that the head dropped', () => {
    const running = start({ sampler: probabilitySampler(0.5) })
    request(fromTrace(BELOW_HALF), () => undefined)
    expect(running.explain(BELOW_HALF)).toMatchObject({
      sampler: 'Probability{0.5}',
      randomness: '7fffffffffffff',
      head: 'dropped',
      outcome: 'dropped',
      reason: 'head',
    })
  })

  test('tells that an error kept what the head had not, once it has', () => {
    const running = start({ sampler: errorBiasedSampler({ ratio: 0 }) })
    const traceId = request({}, (span) => {
      expect(running.explain(traceIdOf(span))).toMatchObject({ head: 'recorded', outcome: 'undecided' })
      span.setStatus({ code: SpanStatusCode.ERROR })
      return traceIdOf(span)
    })
    expect(running.explain(traceId)).toMatchObject({
      sampler: 'ErrorBiased{AlwaysOff, errors=10/s}',
      threshold: '0',
      head: 'recorded',
      outcome: 'kept',
      reason: 'error',
    })
  })

  test('tells that a held trace without an error was dropped', () => {
    const running = start({ sampler: errorBiasedSampler({ ratio: 0 }) })
    expect(running.explain(root())).toMatchObject({ head: 'recorded', outcome: 'dropped', reason: 'normal' })
  })

  test('names the rule', () => {
    const running = start({ sampler: ruleBasedSampler([{ label: 'requests', name: 'req*', sampler: alwaysOff() }]) })
    expect(running.explain(root())).toMatchObject({ rule: 'requests', outcome: 'dropped' })
  })

  test('tells of each trace by the sampler that decided it', () => {
    const running = start({ sampler: probabilitySampler(1) })
    const before = root()
    running.setSampler(alwaysOff())
    const after = root()
    expect(running.explain(before)).toMatchObject({ sampler: 'Probability{1}', outcome: 'kept' })
    expect(running.explain(after)).toMatchObject({ sampler: alwaysOff().toString(), outcome: 'dropped' })
  })

  test('knows nothing of a trace that was not begun here', () => {
    expect(start({}).explain('0'.repeat(31) + '1')).toBeUndefined()
  })
})

describe('force', () => {
  test('keeps the whole trace of a request with the secret, counted once', async () => {
    const running = start({ sampler: alwaysOff(), force })
    const traceId = request({ 'x-trace-me': SECRET }, (span) => {
      withSpan('child', () => undefined)
      return traceIdOf(span)
    })
    expect(await exported()).toEqual(['child', 'request'])
    expect(exporter.getFinishedSpans().map((span) => span.spanContext().traceState?.get('ot'))).toEqual([
      'th:0',
      'th:0',
    ])
    expect(exporter.getFinishedSpans().map(adjustedCount)).toEqual([1, 1])
    expect(running.explain(traceId)).toMatchObject({ outcome: 'kept', reason: 'forced', threshold: '0' })
  })

  test.each([parentBased(alwaysOff()), errorBiasedSampler({ ratio: 0 })])(
    'keeps it whole, children too, over the head of %s',
    async (sampler) => {
      start({ sampler, force })
      request({ ...fromTrace(BELOW_HALF), 'x-trace-me': SECRET }, () => withSpan('child', () => undefined))
      expect(await exported()).toEqual(['child', 'request'])
    },
  )

  test('still holds after the sampler was exchanged', async () => {
    const running = start({ sampler: alwaysOn(), force })
    running.setSampler(alwaysOff())
    request({ 'x-trace-me': SECRET }, () => undefined)
    expect(await exported()).toEqual(['request'])
  })

  test.each(['', 'correct horse batterx', `${SECRET}!`])('does nothing with the secret %j', async (secret) => {
    start({ sampler: alwaysOff(), force })
    request({ 'x-trace-me': secret }, () => undefined)
    expect(await exported()).toEqual([])
  })

  test('hands the decision on to those that are called, and never the secret', () => {
    start({ sampler: alwaysOff(), force })
    const headers: Record<string, string> = {}
    request({ 'x-trace-me': SECRET, baggage: 'tenant=acme' }, () => propagation.inject(context.active(), headers))
    expect(headers.traceparent).toMatch(/-03$/)
    expect(headers).toMatchObject({ tracestate: 'ot=th:0', baggage: 'tenant=acme' })
    expect(JSON.stringify(headers)).not.toContain(SECRET)
    expect(Object.keys(headers)).not.toContain('x-trace-me')
  })
})

describe('errorBiasedSampler in startTracing', () => {
  test('keeps every span of a trace in which one errs, at any depth', async () => {
    start({ sampler: errorBiasedSampler({ ratio: 0 }) })
    withSpan('root', () => {
      withSpan('healthy', () => undefined)
      withSpan('middle', () => trace.getTracer('test').startActiveSpan('deep', endInError))
    })
    withSpan('other trace', () => undefined)
    expect(await exported()).toEqual(['healthy', 'deep', 'middle', 'root'])
    expect(exporter.getFinishedSpans().every((span) => adjustedCount(span) === 1)).toBe(true)
  })

  test('lets those that are called after the error know that the trace is kept', () => {
    start({ sampler: errorBiasedSampler({ ratio: 0 }) })
    const headers = withSpan('root', () => {
      const before = injected()
      trace.getTracer('test').startActiveSpan('deep', endInError)
      return [before, withSpan('call', injected)]
    })
    expect(headers.map(({ traceparent }) => traceparent?.slice(-2))).toEqual(['02', '03'])
    expect(headers[1]?.tracestate).toBe('ot=th:0')
  })
})

describe('keep', () => {
  test('keeps the whole local trace, what ended before too, counted once', async () => {
    const running = start({ sampler: errorBiasedSampler({ ratio: 0 }) })
    const traceId = request({}, (span) => {
      withSpan('before', () => undefined)
      expect(keep(span)).toBe(true)
      withSpan('after', () => undefined)
      return traceIdOf(span)
    })
    expect(await exported()).toEqual(['before', 'after', 'request'])
    expect(exporter.getFinishedSpans().map(adjustedCount)).toEqual([1, 1, 1])
    expect(running.explain(traceId)).toMatchObject({ outcome: 'kept', reason: 'kept', threshold: '0' })
  })

  test('can not bring back what a head sampler has dropped, and says so', () => {
    const said: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    start({ sampler: alwaysOff() })
    expect(request({}, keep)).toBe(false)
    vi.restoreAllMocks()
    expect(said).toEqual([expect.stringContaining('keep(span) came too late')])
  })
})

function closing(close: () => void): Sampler {
  return Object.assign(alwaysOn(), { close })
}

function endInError(span: Span): void {
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
  expect(span.spanContext().traceFlags & TraceFlags.SAMPLED).toBe(0)
}

function injected(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}
