// What `pinoMixin` costs: pino's throughput with it against without, outside and inside of a span, to /dev/null and to a
// stream that drops its lines (which shows the mixin alone; the goal is for lines that are written). Alternating rounds in this process, measured in CPU time of this thread.
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { NoopSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { pino } from 'pino'

const { pinoMixin } = await import(process.env.SPANWRIGHT_BENCH_MODULE ?? 'spanwright')

const ROUNDS = Number(process.env.SPANWRIGHT_BENCH_ROUNDS ?? 11)
const WARM_UP_ROUNDS = 2
// The kernel counts CPU time in ticks of up to 4 ms: a round has to last a tenth of a second for some percent.
const LINES = { '/dev/null': 100_000, dropped: 250_000 }
/** Spans take turns after some lines, as in a service with many requests at once. */
const SPANS = 50
const LINES_A_TURN = 5
const GOAL = 0.9

context.setGlobalContextManager(new AsyncLocalStorageContextManager())
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }))
const tracer = trace.getTracer('bench')
const inSpans = Array.from({ length: SPANS }, () => trace.setSpan(context.active(), tracer.startSpan('request')))

const request = {
  method: 'POST',
  url: '/api/orders?expand=items',
  remoteAddress: '10.4.7.11',
  headers: {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)',
    'content-type': 'application/json',
    host: 'shop.example',
  },
}
const PAYLOADS = {
  bare: (log) => log.info('order placed'),
  realistic: (log) =>
    log.info(
      { req: request, res: { statusCode: 201 }, orderId: 'o-31337', customer: { id: 7, tier: 'gold' }, millis: 41.7 },
      'request completed',
    ),
}
const DESTINATIONS = {
  '/dev/null': () => pino.destination({ dest: '/dev/null', sync: true }),
  dropped: () => ({ write() {} }),
}

/** Nanoseconds of CPU a line. */
function round(log, write, { isInside, lineCount }) {
  globalThis.gc?.()
  const before = process.threadCpuUsage()
  const lines = () => {
    for (let line = 0; line < LINES_A_TURN; line++) write(log)
  }
  // Without the mixin the turns are taken as well: entering a context is no cost of a line.
  for (let turn = 0; turn < lineCount / LINES_A_TURN; turn++) {
    context.with(isInside ? inSpans[turn % SPANS] : context.active(), lines)
  }
  const used = process.threadCpuUsage(before)
  return ((used.user + used.system) * 1_000) / lineCount
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const rows = []
for (const [destination, open] of Object.entries(DESTINATIONS)) {
  for (const [payload, write] of Object.entries(PAYLOADS)) {
    for (const where of ['outside', 'inside']) {
      const logs = { without: pino({}, open()), with: pino({ mixin: pinoMixin() }, open()) }
      const samples = { without: [], with: [] }
      for (let i = 0; i < ROUNDS; i++) {
        // Who goes first alternates, so that neither always runs on the other's garbage.
        for (const who of i % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
          const nanos = round(logs[who], write, { isInside: where === 'inside', lineCount: LINES[destination] })
          if (i >= WARM_UP_ROUNDS) samples[who].push(nanos)
        }
      }
      const ratio = median(samples.without) / median(samples.with)
      rows.push({
        destination,
        payload,
        span: where,
        'without (ns)': Math.round(median(samples.without)),
        'with (ns)': Math.round(median(samples.with)),
        throughput: Number(ratio.toFixed(3)),
        [`goal ≥ ${GOAL}`]: destination === 'dropped' ? '' : ratio >= GOAL ? 'met' : 'missed',
      })
    }
  }
}
console.table(rows)
