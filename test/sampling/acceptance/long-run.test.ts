import { metrics, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  alwaysOff,
  alwaysOn,
  anyOf,
  dynamicSampler,
  errorBiasedSampler,
  fromComposable,
  parentBased,
  probabilitySampler,
  rateLimitingSampler,
  ruleBasedSampler,
  startTracing,
  toComposable,
  withDbSpan,
  type Clock,
} from '../../../src/index.js'
import { perOperationSampler } from '../../../src/sampling/remote/per-operation.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { openMetricsRegistry } from '../../metrics/open-metrics-registry.js'
import { report, seeded } from '../simulation.js'

/** Time that is simulated for each sampler: `npm run test:long-run` sets half an hour. */
const MINUTES = Number(process.env.SPANWRIGHT_LONG_RUN_MINUTES ?? '1')
/** The short form makes up in traces what it lacks in time: what is bounded must be full before it is measured. */
const TRACES_PER_SECOND = MINUTES < 10 ? 500 : 200
/** By which memory may grow while as many traces arrive again as had arrived before: 26 were seen, 105 without the bound of tracers. */
const MOST_BYTES_PER_TRACE = 60
/** In the short form, what a tail holds back for up to a minute is not full at half-time. */
const MOST_BYTES_WITH_TAIL = MINUTES < 10 ? 200 : MOST_BYTES_PER_TRACE
const WITH_TAIL: readonly string[] = ['error-biased', 'rules']
/** Of all that is remembered: 30 MB of code and caches in the first run, decisions, and what the tail of error-biased samplers holds back. */
const MOST_HELD_BYTES = 60e6
const TICK_MILLIS = 50
/** As long as a header can be. */
const LONG = 'x'.repeat(12_000)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const SAMPLERS: Readonly<Record<string, (clock: Clock) => Sampler>> = {
  'always on': () => alwaysOn(),
  'always off': () => alwaysOff(),
  'parent-based probability': () => parentBased(probabilitySampler(0.1)),
  'rate limiting': (clock) => rateLimitingSampler({ maxTracesPerSecond: 20, clock }),
  dynamic: (clock) => dynamicSampler({ goalTracesPerSecond: 20, clock }),
  'error-biased': (clock) => errorBiasedSampler({ ratio: 0.05, slowMillis: 1_000, clock }),
  'any of two': (clock) => anyOf(rateLimitingSampler({ maxTracesPerSecond: 5, clock }), probabilitySampler(0.05)),
  rules: (clock) =>
    errorBiasedSampler({
      clock,
      sampler: ruleBasedSampler([{ name: 'GET /health*', sampler: alwaysOff() }], {
        fallback: probabilitySampler(0.1),
      }),
    }),
  composable: () => fromComposable(toComposable(probabilitySampler(0.1))),
  'remote, per operation': (clock) =>
    parentBased(perOperationSampler({ ratio: 0.05, lowerBound: 0.1 }, new Map(), clock)),
}

/** What a caller, or an app that makes names of data, sends to fill the memory: nothing of it comes twice. */
class Attacker {
  #next = 0

  /** Of four requests one. */
  get isDue(): boolean {
    this.#next += 1
    return this.#next % 4 === 0
  }

  /** A piece of something much longer, as what is cut from a URL or a header. */
  get text(): string {
    return `made up, and none comes again: ${this.#next} ${LONG}`.slice(0, 50)
  }

  get headers(): Record<string, string> {
    const n = this.#next
    return {
      tracestate: `key${n}=value${n},ot=rv:${'0'.repeat(6)}${String(n).padStart(8, '0')}`,
      baggage: `app.key${n}=${n}`,
    }
  }
}

/** Arrivals as of a service with many callers, each a trace of one to five spans. */
class Traffic {
  readonly #random = seeded(7)
  readonly #attacker = new Attacker()
  /** Streams and the like, by the second in which they end. */
  readonly #streams: { readonly span: Span; readonly endsAt: number }[] = []
  arrivals = 0
  #due = 0

  /** Lets arrive what is due until then; times between arrivals are exponentially distributed. */
  advanceTo(millis: number): void {
    while (this.#due < millis) {
      this.#due -= (Math.log(1 - this.#random()) * 1_000) / TRACES_PER_SECOND
      this.#request(millis)
    }
    while (this.#streams[0] && this.#streams[0].endsAt <= millis) this.#streams.shift()?.span.end()
  }

  #request(now: number): void {
    const random = this.#random
    const isAttack = this.#attacker.isDue
    const { text, headers } = this.#attacker
    this.arrivals += 1
    const traceId = Math.floor(random() * 2 ** 48)
      .toString(16)
      .padStart(32, '7')
    const isSampled = random() < 0.5 ? 1 : 0
    const traceparent = isAttack
      ? `01-${traceId}-00f067aa0ba902b7-0${isSampled}-${LONG}`
      : `00-${traceId}-00f067aa0ba902b7-0${isSampled}`
    const incoming = random() < 0.5 ? { traceparent, ...(isAttack && headers) } : {}
    const parent = propagation.extract(ROOT_CONTEXT, incoming)
    const tracer = trace.getTracer(isAttack ? text : 'http')
    const name = isAttack ? `GET /${text}` : `GET /route/${Math.floor(random() * 30)}`
    const attributes = { 'http.route': name, 'url.path': isAttack ? text : '/route', ...(isAttack && { [text]: text }) }
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
    metrics
      .getMeter(isAttack ? text : 'http')
      .createHistogram('requests')
      .record(1, { 'http.route': name })
    const inside = trace.setSpan(parent, span)
    const calls = Math.floor(random() * 4)
    for (let call = 0; call < calls; call += 1) tracer.startSpan('work', {}, inside).end()
    const query = `SELECT * FROM orders WHERE id = ${this.arrivals}`
    withDbSpan({ system: 'postgresql', statement: query }, () => undefined)
    if (random() < 0.02) span.setStatus({ code: SpanStatusCode.ERROR, message: `order ${this.arrivals} failed` })
    // One in five hundred is forgotten, one in five hundred is a stream of a minute.
    const fate = random()
    if (fate < 0.002) return
    if (fate < 0.004) this.#streams.push({ span, endsAt: now + 60_000 })
    else span.end()
  }
}

beforeEach(
  () =>
    void vi.useFakeTimers({
      now: 1_700_000_000_000,
      toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    }),
)

test.each(Object.entries(SAMPLERS))(
  'memory stays flat under a long load with made-up names, scopes, keys, baggage and queries: %s',
  { timeout: 60_000 + MINUTES * 120_000 },
  async (name, sampler) => {
    const logged = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    onTestFinished(() => logged.mockRestore())
    let exported = 0
    const traceExporter: SpanExporter = {
      export(spans, done) {
        exported += spans.length
        done({ code: ExportResultCode.SUCCESS })
      },
      shutdown: () => Promise.resolve(),
    }
    const tracing = startTracing({
      sampler: sampler({ nowMillis: () => performance.now() }),
      traceExporter,
      batch: { maxQueueSize: 100_000 },
      instrumentations: [],
      spanMetrics: { dimensions: ['http.route'], registry: openMetricsRegistry() },
      baggageAttributes: ['app.*'],
      redact: ['user.*', /card \d+/, { attributes: 'url.path', action: 'hash' }],
      resourceAttributes: { 'service.name': 'long run' },
    })
    onTestFinished(async () => {
      const stopped = tracing.shutdown()
      await vi.runOnlyPendingTimersAsync()
      vi.useRealTimers()
      await stopped
    })
    const traffic = new Traffic()
    const atStart = heapBytes()
    const began = performance.now()
    const runFor = async (millis: number): Promise<void> => {
      const until = performance.now() + millis
      while (performance.now() < until) {
        traffic.advanceTo(performance.now() - began + TICK_MILLIS)
        await vi.advanceTimersByTimeAsync(TICK_MILLIS)
      }
    }
    const half = (MINUTES * 60_000) / 2
    await runFor(half)
    const [before, arrivedBefore] = [heapBytes(), traffic.arrivals]
    await runFor(half)
    const after = heapBytes()
    const bytesPerTrace = (after - before) / (traffic.arrivals - arrivedBefore)
    const figures = `${bytesPerTrace.toFixed(1)} bytes a trace, ${((after - atStart) / 1e6).toFixed(1)} MB held`
    report(`${name}: ${traffic.arrivals} traces, ${exported} spans exported`, figures)
    const ledger = tracing.ledger()
    assertLedgerAddsUp(ledger)
    expect(ledger.droppedQueueFull).toBe(0)
    expect(exported > 0).toBe(name !== 'always off')
    expect(bytesPerTrace).toBeLessThan(WITH_TAIL.includes(name) ? MOST_BYTES_WITH_TAIL : MOST_BYTES_PER_TRACE)
    expect(after - atStart).toBeLessThan(MOST_HELD_BYTES)
    expect(logged.mock.calls.join('')).not.toMatch(/failed|could not/)
  },
)
