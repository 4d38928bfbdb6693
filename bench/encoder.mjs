// What encoding a span costs over OpenTelemetry's own serializer for OTLP protobuf: 512 spans of HTTP servers and databases,
// both in this process, in alternating rounds, measured in CPU time of this thread. With --json, all rounds are printed instead.
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { build } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROUNDS = Number(process.env.SPANWRIGHT_BENCH_ROUNDS ?? 15)
// The kernel counts CPU time in ticks of up to 4 ms: a round has to last a quarter of a second for 2 %.
const BATCHES = 200
const WARM_UP_ROUNDS = 2
const SPANS = 512
const GOAL = 0.35

/** The encoder is no export of the package: it is built from its source, for this run. */
async function importEncoder() {
  const folder = await mkdtemp(join(tmpdir(), 'spanwright-bench-'))
  try {
    const outfile = join(folder, 'encoder.mjs')
    const entry = join(import.meta.dirname, '../src/export/otlp/encoder.ts')
    await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node22' })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const ROUTES = ['/items/:id', '/orders', '/users/:name/orders', '/health']

function serverSpan(i) {
  const route = ROUTES[i % ROUTES.length]
  return {
    name: `GET ${route}`,
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': 'GET',
      'http.route': route,
      'url.path': `${route.replace(/:\w+/, String(i))}`,
      'server.address': 'shop.example.com',
      'http.response.status_code': i % 50 === 0 ? 500 : 200,
      'server.port': 8080,
      'network.protocol.version': '1.1',
      'app.is_cached': i % 3 === 0,
    },
  }
}

function databaseSpan(i) {
  return {
    name: 'SELECT items',
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': 'SELECT',
      'db.query.text': 'SELECT id, name, price FROM items WHERE id = $1',
      'db.namespace': 'shop',
      'server.port': 5432,
      'server.address': '10.0.0.17',
      'db.response.returned_rows': i,
      'db.is_pooled': true,
    },
  }
}

/** Spans of the SDK, as a processor gets them when they end. */
function endedSpans(attributeCount) {
  const ended = []
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'service.version': '1.2.3', 'host.name': 'web-1' }),
    spanProcessors: [
      { onStart() {}, onEnd: (span) => ended.push(span), forceFlush: async () => {}, shutdown: async () => {} },
    ],
  })
  const tracers = ['@opentelemetry/instrumentation-http', '@opentelemetry/instrumentation-pg'].map((name) =>
    provider.getTracer(name, '0.300.0'),
  )
  for (let i = 0; i < SPANS; i++) {
    const { name, kind, attributes } = i % 2 === 0 ? serverSpan(i) : databaseSpan(i)
    const span = tracers[i % 2].startSpan(name, { kind })
    for (const [key, value] of Object.entries(attributes).slice(0, attributeCount)) span.setAttribute(key, value)
    if (attributes['http.response.status_code'] === 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }
  return ended
}

/** Nanoseconds of CPU a span. */
function round(encode, spans) {
  globalThis.gc?.()
  const before = process.threadCpuUsage()
  for (let i = 0; i < BATCHES; i++) encode(spans)
  const used = process.threadCpuUsage(before)
  return ((used.user + used.system) * 1_000) / (BATCHES * spans.length)
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const { otlpProtobufEncoder } = await importEncoder()
const encoder = otlpProtobufEncoder()

const encoders = {
  stock: (spans) => ProtobufTraceSerializer.serializeRequest(spans),
  ours: (spans) => {
    for (const span of spans) encoder.add(span)
    return encoder.take()
  },
}

const rows = []
const measured = []
for (const attributeCount of [8, 5]) {
  const spans = endedSpans(attributeCount)
  const samples = { stock: [], ours: [] }
  for (let i = 0; i < ROUNDS + WARM_UP_ROUNDS; i++) {
    // Who goes first alternates, so that neither always runs on the other's garbage.
    for (const who of i % 2 === 0 ? ['stock', 'ours'] : ['ours', 'stock']) {
      const nanos = round(encoders[who], spans)
      if (i >= WARM_UP_ROUNDS) samples[who].push(nanos)
    }
  }
  measured.push({ spans: SPANS, attributeCount, samples })
  const ratios = samples.ours.map((nanos, i) => nanos / samples.stock[i])
  rows.push({
    case: `${SPANS} spans, ${attributeCount} attributes`,
    'stock (ns/span)': Math.round(median(samples.stock)),
    'ours (ns/span)': Math.round(median(samples.ours)),
    ratio: Number(median(ratios).toFixed(3)),
    'min..max': `${Math.min(...ratios).toFixed(3)}..${Math.max(...ratios).toFixed(3)}`,
    [`goal ≤ ${GOAL}`]: median(ratios) <= GOAL ? 'met' : 'missed',
  })
}
if (process.argv.includes('--json')) console.log(JSON.stringify(measured))
else console.table(rows)
