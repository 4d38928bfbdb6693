import type {
  Attributes,
  AttributeValue,
  ReceivedLog,
  ReceivedResource,
  ReceivedSpan,
  ReceivedSpanKind,
} from '../model/received-span.js'

const KINDS: Readonly<Record<ReceivedSpanKind, number>> = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
}
/** The first of the four numbers that each has. */
const SEVERITIES: Readonly<Record<string, number>> = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }
const STATUSES = { unset: 0, ok: 1, error: 2 } as const

/** Spans as OTLP writes them in JSON: what this viewer, Jaeger and every collector read. */
export function otlpJson(spans: readonly ReceivedSpan[]): object {
  const byResource = Map.groupBy(spans, ({ resource }) => resource)
  return {
    resourceSpans: Array.from(byResource, ([resource, ofResource]) => ({
      resource: otlpResource(resource),
      scopeSpans: Array.from(
        Map.groupBy(ofResource, ({ scope }) => scope),
        ([scope, ofScope]) => ({
          scope: {
            name: scope.name,
            ...(scope.version === undefined ? {} : { version: scope.version }),
            attributes: keyValues(scope.attributes),
          },
          spans: ofScope.map(otlpSpan),
        }),
      ),
    })),
  }
}

/** Log records likewise. Their scopes are not kept. */
export function otlpLogsJson(logs: readonly ReceivedLog[]): object {
  return {
    resourceLogs: Array.from(
      Map.groupBy(logs, ({ resource }) => resource),
      ([resource, ofResource]) => ({
        resource: otlpResource(resource),
        scopeLogs: [{ logRecords: ofResource.map(otlpLog) }],
      }),
    ),
  }
}

function otlpLog({ traceId, spanId, timeMicros, severity, body, attributes }: ReceivedLog): object {
  return {
    timeUnixNano: nanos(timeMicros),
    severityText: severity,
    ...(severity in SEVERITIES ? { severityNumber: SEVERITIES[severity] } : {}),
    body: anyValue(body),
    attributes: keyValues(attributes),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
  }
}

function otlpResource({ attributes, droppedAttributesCount }: ReceivedResource): object {
  return { attributes: keyValues(attributes), ...(droppedAttributesCount > 0 ? { droppedAttributesCount } : {}) }
}

function otlpSpan(span: ReceivedSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    ...(span.traceState === '' ? {} : { traceState: span.traceState }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanos(span.startMicros),
    endTimeUnixNano: span.endMicros === undefined ? '0' : nanos(span.endMicros),
    attributes: keyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(({ name, timeMicros, attributes, droppedAttributesCount }) => ({
      timeUnixNano: nanos(timeMicros),
      name,
      attributes: keyValues(attributes),
      droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: keyValues(attributes),
    })),
    droppedLinksCount: span.droppedLinksCount,
    status: { code: STATUSES[span.status], ...(span.statusMessage === '' ? {} : { message: span.statusMessage }) },
  }
}

/** Whole microseconds and the rest apart: a double has no room for nanoseconds since 1970. */
function nanos(micros: number): string {
  const whole = Math.floor(micros)
  return String(BigInt(whole) * 1000n + BigInt(Math.round((micros - whole) * 1000)))
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: AttributeValue): object {
  if (value === null) return {}
  switch (typeof value) {
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    case 'bigint':
      return { intValue: value.toString() }
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: doubleOf(value) }
    default:
      return Array.isArray(value)
        ? { arrayValue: { values: (value as readonly AttributeValue[]).map(anyValue) } }
        : { kvlistValue: { values: keyValues(value as Attributes) } }
  }
}

/** JSON has no infinite numbers; protobuf's JSON writes them as text. */
function doubleOf(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
