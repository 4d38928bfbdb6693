import type { ReceivedLog } from '../model/received-span.js'
import { newAttributes, resourceOf, severityOf } from './decoded.js'
import { attributeValueOf, isObject, numberOf, textOf, type JsonObject } from './json-values.js'

const TRACE_ID = /^[0-9a-f]{32}$/
const SPAN_ID = /^[0-9a-f]{16}$/
/** In a line that is no JSON: `trace_id=…`, `"traceId": "…"`, `trace.id=…`. */
const IN_TEXT = /\b(trace|span)[._]?id["']?\s*[=:]\s*["']?([0-9a-f]{32}|[0-9a-f]{16})\b/gi

/** The names that loggers and their formats have for the same, the most common first. */
const FIELDS = {
  traceId: ['trace_id', 'traceId', 'trace.id', 'traceid', 'TraceId', 'logging.googleapis.com/trace'],
  spanId: ['span_id', 'spanId', 'span.id', 'spanid', 'SpanId', 'logging.googleapis.com/spanId'],
  time: ['time', 'timestamp', '@timestamp', 'ts', 'datetime'],
  level: ['level', 'severity', 'log.level', 'lvl'],
  message: ['msg', 'message', 'body'],
  service: ['service.name', 'service', 'name'],
} as const

/** The record in a line of a log; undefined for one that carries no trace id. */
export function logInLine(line: string): ReceivedLog | undefined {
  const text = line.trim()
  const json = text.startsWith('{') ? parsed(text) : undefined
  return json ? logInJson(json) : logInText(text)
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function logInJson(json: JsonObject): ReceivedLog | undefined {
  // Google Cloud has `projects/NAME/traces/ID`.
  const traceId = textOf(fieldOf(json, FIELDS.traceId)).replace(/^.*\//, '').toLowerCase()
  if (!TRACE_ID.test(traceId)) return undefined
  const spanId = textOf(fieldOf(json, FIELDS.spanId)).toLowerCase()
  const known = new Set<string>(Object.values(FIELDS).flat())
  const attributes = newAttributes()
  for (const [key, value] of Object.entries(json)) {
    if (!known.has(key)) attributes[key] = attributeValueOf(value)
  }
  return {
    traceId,
    spanId: SPAN_ID.test(spanId) ? spanId : undefined,
    timeMicros: microsIn(fieldOf(json, FIELDS.time)),
    severity: severityIn(fieldOf(json, FIELDS.level)),
    body: attributeValueOf(fieldOf(json, FIELDS.message)),
    attributes,
    resource: serviceIn(json),
  }
}

function logInText(text: string): ReceivedLog | undefined {
  const ids = new Map<string, string>()
  for (const [, kind = '', id = ''] of text.matchAll(IN_TEXT)) ids.set(kind.toLowerCase(), id.toLowerCase())
  const traceId = ids.get('trace') ?? ''
  const spanId = ids.get('span') ?? ''
  if (!TRACE_ID.test(traceId)) return undefined
  return {
    traceId,
    spanId: SPAN_ID.test(spanId) ? spanId : undefined,
    timeMicros: microsIn(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/.exec(text)?.[0]),
    severity: /\b(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b/i.exec(text)?.[1]?.toUpperCase() ?? '',
    body: text,
    attributes: newAttributes(),
    resource: resourceOf(newAttributes()),
  }
}

function fieldOf(json: JsonObject, names: readonly string[]): unknown {
  const name = names.find((candidate) => Object.hasOwn(json, candidate))
  return name === undefined ? undefined : json[name]
}

const MICROS_A_MILLI = 1_000
/** Later than any second since 1970 will be for three thousand years, and earlier than any millisecond of this century. */
const MILLIS_FROM = 100_000_000_000

/** Seconds or milliseconds since 1970, or a date as text. */
function microsIn(time: unknown): number {
  const number =
    typeof time === 'string' && !/^\d+(\.\d+)?$/.test(time) ? Date.parse(time.replace(',', '.')) : numberOf(time)
  if (Number.isNaN(number)) return 0
  return Math.round((number < MILLIS_FROM ? number * 1_000 : number) * MICROS_A_MILLI)
}

/** Pino and bunyan have 10 for trace to 60 for fatal, OTLP 1 to 24. */
function severityIn(level: unknown): string {
  if (typeof level !== 'number') return textOf(level).toUpperCase()
  return severityOf(Math.min(Math.max(Math.round(level / 10), 1), 6) * 4, '')
}

function serviceIn(json: JsonObject): ReceivedLog['resource'] {
  const service = fieldOf(json, FIELDS.service)
  const name = textOf(isObject(service) ? service.name : service)
  return resourceOf(Object.assign(newAttributes(), name !== '' && { 'service.name': name }))
}
