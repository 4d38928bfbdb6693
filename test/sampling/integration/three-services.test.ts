import { beforeAll, describe, expect, test } from 'vitest'
import { otlpSink, type ReceivedSpan } from '../../helpers/otlp-sink.js'
import { startNode, type RunningNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { randomTraceId, seeded } from '../simulation.js'

const NAMES = ['a', 'b', 'c'] as const
type Name = (typeof NAMES)[number]
type Ratios = Readonly<Record<Name, number>>

/** Spans of a service in one trace: those that call on have a CLIENT span beside their SERVER span. */
const SPANS: Readonly<Record<Name, number>> = { a: 2, b: 2, c: 1 }

/** What a trace left at the sink, by service. */
type Traces = ReadonlyMap<string, Readonly<Partial<Record<Name, readonly ReceivedSpan[]>>>>

interface Call {
  readonly entry: Name
  readonly traceId?: string
  readonly search?: string
  readonly erring?: readonly Name[]
}

interface Answer extends Call {
  readonly traceId: string
  readonly erring: readonly Name[]
}

/** Three processes, a → b → c, one sink; the processes have ended, and flushed, when this settles. */
async function callServices(
  sampler: string,
  ratios: Ratios,
  calls: readonly Call[],
  atOnce: number,
): Promise<{ answers: readonly Answer[]; traces: Traces; said: string }> {
  await using sink = await otlpSink()
  const urls = new Map<Name, string>()
  const running: RunningNode[] = []
  for (const name of NAMES.toReversed()) {
    const next = urls.get(NAMES[NAMES.indexOf(name) + 1] ?? name)
    const service = await startNode({
      cwd: REPOSITORY,
      args: [fixture('sampling-service.mjs'), JSON.stringify({ name, sampler, ratio: ratios[name], next })],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl },
      ready: /listening on (\d+)/,
    })
    running.push(service)
    urls.set(name, `http://127.0.0.1:${service.ready[1]}/`)
  }
  const answers: Answer[] = []
  const waiting = calls.values()
  const caller = async (): Promise<void> => {
    for (const call of waiting) answers.push(await answerTo(call, urls.get(call.entry) ?? ''))
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  const results = await Promise.all(running.map((service) => service.stop()))
  return { answers, traces: byTrace(sink.spans()), said: results.map(({ stderr }) => stderr).join('') }
}

async function answerTo(call: Call, url: string): Promise<Answer> {
  const { traceId, search = '' } = call
  const headers: Record<string, string> =
    traceId === undefined ? {} : { traceparent: `00-${traceId}-00f067aa0ba902b7-00` }
  const answer = await fetch(url + search, { headers })
  await answer.text()
  return { ...call, traceId: answer.headers.get('x-trace-id') ?? '', erring: call.erring ?? [] }
}

function byTrace(spans: readonly ReceivedSpan[]): Traces {
  const traces = new Map<string, Partial<Record<Name, ReceivedSpan[]>>>()
  for (const span of spans) {
    const trace = traces.get(span.traceId) ?? {}
    ;(trace[span.resource.attributes['service.name'] as Name] ??= []).push(span)
    traces.set(span.traceId, trace)
  }
  return traces
}

/** 1 / p by the text that was received alone: what a backend that knows nothing of us makes of it. */
function countOf({ traceState }: ReceivedSpan): number {
  const threshold = /(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,]|$)/.exec(traceState)?.[1]
  if (threshold === undefined) throw new Error(`no threshold in "${traceState}"`)
  return 1 / (1 - parseInt(threshold, 16) / 16 ** threshold.length)
}

function estimate(traces: Traces, traceIds: readonly string[], name: Name): number {
  const servers = traceIds.flatMap((id) => traces.get(id)?.[name] ?? []).filter(({ kind }) => kind === 'SERVER')
  return servers.reduce((sum, span) => sum + countOf(span), 0)
}

const standardError = (count: number, ratio: number): number => Math.sqrt((count * (1 - ratio)) / ratio)

describe('three services with different ratios, each of which decides by the trace id', () => {
  const ratios: Ratios = { a: 0.5, b: 0.125, c: 0.25 }
  // Sent as the caller's, so that the same traces are kept in every run and four standard errors never fail by chance.
  const random = seeded(5)
  const traceIds = Array.from({ length: 500 }, () => randomTraceId(random))
  let traces: Traces

  beforeAll(async () => {
    const calls = traceIds.map((traceId): Call => ({ entry: 'a', traceId }))
    const result = await callServices('probability', ratios, calls, 8)
    expect(result.said).toBe('')
    traces = result.traces
  })

  test('keep wherever the ratio is higher what is kept where it is lower', () => {
    const kept = (name: Name): string[] => traceIds.filter((id) => traces.get(id)?.[name])
    expect(kept('b').filter((id) => !traces.get(id)?.c)).toEqual([])
    expect(kept('c').filter((id) => !traces.get(id)?.a)).toEqual([])
    expect(kept('b').length).toBeGreaterThan(0)
    expect(kept('c').length).toBeGreaterThan(kept('b').length)
    expect(kept('a').length).toBeGreaterThan(kept('c').length)
  })

  test('keep all of their own spans of a trace or none', () => {
    const sizes = [...traces.values()].map((trace) => NAMES.map((name) => trace[name]?.length ?? 0).join(''))
    expect(new Set(sizes)).toEqual(new Set(['200', '201', '221']))
  })

  test.each(NAMES)('let the true count be estimated from the spans of %s, within 4 standard errors', (name) => {
    const error = (estimate(traces, traceIds, name) - traceIds.length) / standardError(traceIds.length, ratios[name])
    expect(Math.abs(error)).toBeLessThan(4)
  })
})

interface Scenario {
  readonly fails?: Name
  /** Answers 200 all the same. */
  readonly shields?: Name
  /** Those that have a span that errs: the one that fails, and whoever sees the 500 of the one that it calls. */
  readonly erring: readonly Name[]
}

const HEALTHY: Scenario = { erring: [] }
const SCENARIOS: readonly Scenario[] = [
  ...[HEALTHY, HEALTHY, HEALTHY],
  { fails: 'a', erring: ['a'] },
  { fails: 'b', erring: ['a', 'b'] },
  { fails: 'c', erring: ['a', 'b', 'c'] },
  { fails: 'c', shields: 'b', erring: ['b', 'c'] },
]

describe('three error-biased services with different ratios, with errors at any of them', () => {
  const ratios: Ratios = { a: 0.5, b: 0.3, c: 0.25 }
  const entries: readonly Name[] = ['a', 'b', 'c']
  let answers: readonly Answer[]
  let traces: Traces

  beforeAll(async () => {
    const calls = entries.flatMap((entry) => {
      const passed = NAMES.slice(NAMES.indexOf(entry))
      return Array.from({ length: 196 }, (_, i): Call => {
        const { fails, shields, erring } = SCENARIOS[i % SCENARIOS.length] ?? HEALTHY
        // A service that isn't called can't fail.
        if (!fails || !passed.includes(fails)) return { entry, search: '', erring: [] }
        const search = `?fail=${fails}${shields ? `&shield=${shields}` : ''}`
        return { entry, search, erring: erring.filter((name) => passed.includes(name)) }
      })
    })
    const result = await callServices('error_biased', ratios, calls, 1)
    expect(result.said).toBe('')
    answers = result.answers
    traces = result.traces
  })

  test.each(NAMES)('every trace in which %s has a span that errs is kept whole by it, and counts once', (name) => {
    const erring = answers.filter((answer) => answer.erring.includes(name))
    const wrong = erring.filter(({ traceId }) => {
      const spans = traces.get(traceId)?.[name] ?? []
      return spans.length !== SPANS[name] || spans.some((span) => countOf(span) !== 1)
    })
    expect(erring.length).toBeGreaterThan(80)
    expect(wrong).toEqual([])
  })

  test('an erring service has its error on the spans that were kept', () => {
    const withError = (name: Name): number =>
      [...traces.values()].filter((trace) => trace[name]?.some(({ status }) => status.code === 'ERROR')).length
    for (const name of NAMES) {
      expect(withError(name)).toBe(answers.filter(({ erring }) => erring.includes(name)).length)
    }
  })

  test('a service in which nothing erred keeps what the first service kept', () => {
    const healthy = answers.filter(({ erring }) => erring.length === 0)
    const passed = ({ entry }: Call): readonly Name[] => NAMES.slice(NAMES.indexOf(entry))
    const torn = healthy.filter((answer) => {
      const kept = passed(answer).filter((name) => traces.get(answer.traceId)?.[name]?.length === SPANS[name])
      return kept.length !== 0 && kept.length !== passed(answer).length
    })
    expect(torn).toEqual([])
  })

  test('every span of a trace without an error says the ratio of the first service', () => {
    const healthy = answers.filter(({ erring }) => erring.length === 0)
    const wrong = healthy.filter(({ entry, traceId }) => {
      const spans = Object.values(traces.get(traceId) ?? {}).flat()
      return spans.some((span) => Math.abs(countOf(span) * ratios[entry] - 1) > 0.001)
    })
    expect(wrong).toEqual([])
  })

  // The services draw their ids from a seed, and one request at a time: four standard errors never fail by chance.
  test.each(entries)('let the true count be estimated from the first service %s, within 4 standard errors', (entry) => {
    const own = answers.filter((answer) => answer.entry === entry)
    const healthy = own.filter(({ erring }) => !erring.includes(entry)).length
    const traceIds = own.map(({ traceId }) => traceId)
    const error = (estimate(traces, traceIds, entry) - own.length) / standardError(healthy, ratios[entry])
    expect(Math.abs(error)).toBeLessThan(4)
  })
})
