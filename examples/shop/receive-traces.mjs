// A tiny trace backend: what the services export over OTLP/HTTP as JSON, put together to whole traces.
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

export async function receiveTraces() {
  const spans = []
  const server = createServer(async (request, response) => {
    const { resourceSpans } = await json(request)
    spans.push(...resourceSpans.flatMap(spansOfResource))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    /** What tells a service to send its spans here. */
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.address().port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
    /** Each trace an array of spans, both in the order of their start. */
    traces: () => [
      ...Map.groupBy(
        spans.toSorted((a, b) => a.startMillis - b.startMillis),
        (span) => span.traceId,
      ).values(),
    ],
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  }
}

/** What is wrong with a trace, in words: it should have one root, and each other span's parent should be there. */
export function faultsOf(trace) {
  const ids = new Set(trace.map((span) => span.spanId))
  const roots = trace.filter((span) => !span.parentSpanId)
  const orphans = trace.filter((span) => span.parentSpanId && !ids.has(span.parentSpanId))
  return [
    ...(roots.length === 1 ? [] : [`${roots.length} roots instead of one`]),
    ...orphans.map((span) => `the parent of ${span.service} "${span.name}" is missing`),
  ]
}

function spansOfResource({ resource, scopeSpans }) {
  const service = attributesOf(resource)['service.name']
  return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => spanOf(service, scope.name, span)))
}

function spanOf(service, scope, span) {
  const attributes = attributesOf(span)
  return {
    service,
    scope,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    name: span.name,
    kind: span.kind,
    startMillis: Number(span.startTimeUnixNano) / 1e6,
    endMillis: Number(span.endTimeUnixNano) / 1e6,
    error: span.status.code === STATUS_ERROR ? (span.status.message ?? attributes['error.type'] ?? 'error') : undefined,
    attributes,
  }
}

const STATUS_ERROR = 2

function attributesOf({ attributes = [] }) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
