// The tracers that are compared, behind one face: `span(name, body)` makes an active span of five attributes, calls the body in
// it, and ends it.
import { context, trace } from '@opentelemetry/api'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

const attributes = () => ({
  'http.request.method': 'GET',
  'http.route': '/items/:id',
  'http.response.status_code': 200,
  'app.item.count': 17,
  'app.cache.hit': true,
})

function ofApi(rest) {
  const tracer = trace.getTracer('bench', '1.0.0')
  const span = (name, body) =>
    tracer.startActiveSpan(name, (active) => {
      active.setAttributes(attributes())
      body?.()
      active.end()
    })
  return { span, ...rest }
}

async function ofProvider(processor) {
  const { TracerProvider } = await import('@opentelemetry/sdk-trace')
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const resource = resourceFromAttributes({ 'service.name': 'bench' })
  const provider = new TracerProvider({ resource, spanProcessors: [processor] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  trace.setGlobalTracerProvider(provider)
  return ofApi({ flush: () => provider.forceFlush(), shutdown: () => provider.shutdown() })
}

const tracers = {
  /** The apps themselves. */
  none: () => ({
    span: (name, body) => void (attributes(), body?.()),
    flush: async () => {},
    shutdown: async () => {},
  }),
  /** OpenTelemetry's classes, and nothing besides them: NodeSDK would load more, and only weigh more. */
  async stock() {
    const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace')
    const isGrpc = process.env.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc'
    const { OTLPTraceExporter } = await (isGrpc
      ? import('@opentelemetry/exporter-trace-otlp-grpc')
      : import('@opentelemetry/exporter-trace-otlp-proto'))
    return ofProvider(new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }))
  },
  /** Ours in the same place: no sampling stage, no NodeSDK. */
  async processor() {
    const { BatchSpanProcessor } = await import('spanwright')
    return ofProvider(new BatchSpanProcessor())
  },
  async spanwright() {
    const { startTracing } = await import('spanwright')
    const { flush, shutdown } = startTracing({ instrumentations: [] })
    return ofApi({ flush, shutdown })
  },
  /** Started by its preload. It has no public flush: what it has, it sends every two seconds. */
  'dd-trace'() {
    const tracer = createRequire(`${process.cwd()}/app.js`)('dd-trace')
    const span = (name, body) =>
      tracer.trace(name, (active) => {
        active.addTags(attributes())
        body?.()
      })
    return { span, flush: () => sleep(5), shutdown: () => sleep(2_600) }
  },
}

export async function openTracer(kind) {
  const tracer = await tracers[kind]()
  const { span } = tracer
  const children = () => {
    for (const name of ['db.query', 'cache.get', 'render', 'encode']) span(name)
  }
  /** Five spans. */
  return { ...tracer, makeTrace: () => span('GET /items/:id', children) }
}
