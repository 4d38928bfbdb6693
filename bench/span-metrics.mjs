// What `spanMetrics` adds to a span, as startTracing wires it: to one that is recorded anyway, and to one that sampling
// would have left out, which is recorded for the metrics' sake. In alternating rounds, CPU time of this thread, each case in a
// process of its own: the OpenTelemetry API's globals exist once a process.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROUNDS = Number(process.env.SPANWRIGHT_BENCH_ROUNDS ?? 15)
// The kernel counts CPU time in ticks of up to 4 ms: a round has to last a quarter of a second for 2 %.
const SPANS = Number(process.env.SPANWRIGHT_BENCH_SPANS ?? 200_000)
const WARM_UP_ROUNDS = 2
const GOAL_NANOS = 300

const BUCKETS = { spanMetrics: {} }
const CASES = {
  'recorded, no dimensions': { ratio: 1, ...BUCKETS },
  'recorded, two dimensions': { ratio: 1, spanMetrics: { dimensions: ['http.route', 'http.response.status_code'] } },
  'recorded, exponential': { ratio: 1, spanMetrics: { histogram: 'exponential' } },
  'recorded, registry with exemplars': { ratio: 1, registry: true, ...BUCKETS },
  'left out by sampling (1 %)': { ratio: 0.01, isNoGoal: true, ...BUCKETS },
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Nanoseconds of CPU a span, without and with metrics. The SDK can run once in a process, so two providers are made by hand. */
async function measure({ ratio, registry, spanMetrics }) {
  const { trace } = await import('@opentelemetry/api')
  const { startTracing, probabilitySampler, parentBased } = await import('spanwright')
  const { Registry } = await import('prom-client')
  const options = { instrumentations: [], traceExporter: 'none', sampler: parentBased(probabilitySampler(ratio)) }
  const prom = registry ? new Registry(Registry.OPENMETRICS_CONTENT_TYPE) : undefined
  const tracers = {}
  for (const who of ['without', 'with']) {
    startTracing({
      ...options,
      ...(who === 'with' && { spanMetrics: { ...spanMetrics, ...(prom && { registry: prom }) } }),
    })
    tracers[who] = trace.getTracerProvider().getDelegate().getTracer('bench')
    // The provider goes on working without its handle; the next start has to be a first one.
    delete globalThis[Symbol.for('spanwright.tracing')].running
  }
  const routes = Array.from({ length: 20 }, (_, index) => `/route/${index}`)
  const names = routes.map((route) => `GET ${route}`)
  const samples = { without: [], with: [] }
  for (let i = 0; i < ROUNDS; i++) {
    // Who goes first alternates, so that neither always runs on the other's garbage.
    for (const who of i % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
      globalThis.gc?.()
      const before = process.threadCpuUsage()
      for (let n = 0; n < SPANS; n++) {
        const attributes = { 'http.route': routes[n % 20], 'http.response.status_code': n % 7 === 0 ? 404 : 200 }
        tracers[who].startSpan(names[n % 20], { kind: 1, attributes }).end()
      }
      const used = process.threadCpuUsage(before)
      if (i >= WARM_UP_ROUNDS) samples[who].push(((used.user + used.system) * 1_000) / SPANS)
    }
  }
  return { without: median(samples.without), with: median(samples.with) }
}

if (process.argv[2] === undefined) {
  const rows = Object.entries(CASES).map(([name, { isNoGoal = false }]) => {
    const args = ['--expose-gc', fileURLToPath(import.meta.url), name]
    // Nothing is sent while this measures.
    const env = { ...process.env, OTEL_METRIC_EXPORT_INTERVAL: '3600000' }
    const { stdout } = spawnSync(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
      encoding: 'utf8',
    })
    const nanos = JSON.parse(stdout)
    const added = nanos.with - nanos.without
    return {
      case: name,
      'without (ns)': Math.round(nanos.without),
      'with (ns)': Math.round(nanos.with),
      'added (ns)': Math.round(added),
      [`goal ≤ ${GOAL_NANOS}`]: isNoGoal ? 'no goal' : added <= GOAL_NANOS ? 'met' : 'missed',
    }
  })
  console.table(rows)
} else {
  process.stdout.write(JSON.stringify(await measure(CASES[process.argv[2]])))
  process.exit()
}
