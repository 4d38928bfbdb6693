// The API of each tracer behind one face. A trace is a span with four children in it, each with five attributes.
//   makeTrace()    makes one
//   flush()        what is waiting is sent, where the tracer has such a thing
//   finish()       the same, at the end
//   flushEvery     so many spans a tracer holds without dropping any
const { setTimeout: sleep } = require('node:timers/promises')

const attributes = () => ({
  'http.request.method': 'GET',
  'http.route': '/items/:id',
  'http.response.status_code': 200,
  'app.item.count': 17,
  'app.cache.hit': true,
})

/** Elastic's agent replaces dots in the names of labels, and warns of each. */
const labels = () => ({
  http_request_method: 'GET',
  http_route: '/items/:id',
  http_response_status_code: 200,
  app_item_count: 17,
  app_cache_hit: true,
})

const apis = {
  none: () => ({ span: (name, body) => void (attributes(), body?.()), flush: async () => {} }),
  otel() {
    const { trace } = require('@opentelemetry/api')
    const tracer = trace.getTracer('bench', '1.0.0')
    const span = (name, body) =>
      tracer.startActiveSpan(name, (active) => {
        active.setAttributes(attributes())
        body?.()
        active.end()
      })
    const provider = () => trace.getTracerProvider().getDelegate?.() ?? trace.getTracerProvider()
    return { span, flush: async () => provider().forceFlush() }
  },
  datadog() {
    const tracer = require('dd-trace')
    const span = (name, body) =>
      tracer.trace(name, (active) => {
        active.addTags(attributes())
        body?.()
      })
    // It has no public flush: what it has, it sends every two seconds.
    return { span, flush: () => sleep(5), finish: () => sleep(2_600) }
  },
  elastic() {
    const apm = require('elastic-apm-node')
    // It starts no span in a transaction that isn't sampled.
    const span = (name, body) => {
      const active = apm.currentTransaction ? apm.startSpan(name) : apm.startTransaction(name)
      active?.addLabels(labels())
      body?.()
      active?.end()
    }
    return { span, flush: () => apm.flush() }
  },
  sentry() {
    const Sentry = require('@sentry/node')
    const span = (name, body) =>
      Sentry.startSpan({ name }, (active) => {
        active.setAttributes(attributes())
        body?.()
      })
    return { span, flush: () => Sentry.flush(5_000), flushEvery: 250 }
  },
}

function openTracer() {
  const { span, flush, finish = flush, flushEvery = 500 } = apis[process.env.BENCH_API]()
  const children = () => {
    for (const name of ['db.query', 'cache.get', 'render', 'encode']) span(name)
  }
  return { makeTrace: () => span('GET /items/:id', children), flush, finish, flushEvery }
}

/** Runs an app, tells its result, and ends it. */
async function run(app) {
  // As a server would: where nothing but a tracer's own sockets is open, a process ends, or a tracer takes it for the end.
  setInterval(() => {}, 1_000)
  const result = await app()
  process.send(result, () => process.exit())
}

module.exports = { openTracer, run }
