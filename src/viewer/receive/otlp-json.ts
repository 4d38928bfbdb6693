import type {
  AttributeValue,
  ReceivedEvent,
  ReceivedLink,
  ReceivedLog,
  ReceivedResource,
  ReceivedScope,
  ReceivedSpan,
  ReceivedSpanKind,
  ReceivedStatus,
} from '../model/received-span.js'
import {
  endOf,
  KINDS,
  MAX_VALUE_DEPTH,
  newAttributes,
  NO_ATTRIBUTES,
  resourceOf,
  severityOf,
  STATUSES,
  TOO_DEEP,
  type Decoded,
} from './decoded.js'
import { isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from './json-values.js'

/**
 * The spans of a `TracesData` in JSON. Besides what OTLP asks for it takes what is found in files: enumerations by name,
 * ids in base64 (the general mapping of protobuf to JSON, as Tempo exports them), and the names of before 2022.
 */
export function spansInJson(message: JsonObject): Decoded<ReceivedSpan> {
  const decoded = { items: [] as ReceivedSpan[], rejected: 0 }
  for (const group of objectsOf(message.resourceSpans ?? message.batches)) {
    const resource = resourceIn(group)
    for (const scoped of objectsOf(group.scopeSpans ?? group.instrumentationLibrarySpans)) {
      const scope = scopeIn(scoped)
      for (const json of objectsOf(scoped.spans)) {
        const span = spanIn(json, resource, scope)
        if (span) decoded.items.push(span)
        else decoded.rejected++
      }
    }
  }
  return decoded
}

/** The records of a `LogsData` in JSON. */
export function logsInJson(message: JsonObject): Decoded<ReceivedLog> {
  const items: ReceivedLog[] = []
  for (const group of objectsOf(message.resourceLogs)) {
    const resource = resourceIn(group)
    for (const scoped of objectsOf(group.scopeLogs)) {
      for (const json of objectsOf(scoped.logRecords)) items.push(logIn(json, resource))
    }
  }
  return { items, rejected: 0 }
}

function resourceIn(group: JsonObject): ReceivedResource {
  const resource = objectOf(group.resource)
  return resourceOf(attributesIn(resource.attributes), numberOf(resource.droppedAttributesCount))
}

function scopeIn(scoped: JsonObject): ReceivedScope {
  const scope = objectOf(scoped.scope ?? scoped.instrumentationLibrary)
  const version = textOf(scope.version)
  return {
    name: textOf(scope.name),
    ...(version !== '' && { version }),
    attributes: attributesIn(scope.attributes),
  }
}

function spanIn(json: JsonObject, resource: ReceivedResource, scope: ReceivedScope): ReceivedSpan | undefined {
  const traceId = idIn(json.traceId, TRACE_ID_DIGITS)
  const spanId = idIn(json.spanId, SPAN_ID_DIGITS)
  if (traceId === undefined || spanId === undefined) return undefined
  const startMicros = microsIn(json.startTimeUnixNano)
  const endMicros = microsIn(json.endTimeUnixNano)
  const status = objectOf(json.status)
  return {
    traceId,
    spanId,
    parentSpanId: idIn(json.parentSpanId, SPAN_ID_DIGITS),
    traceState: textOf(json.traceState),
    name: textOf(json.name),
    kind: kindIn(json.kind),
    startMicros,
    endMicros: endOf(startMicros, endMicros === 0 ? undefined : endMicros),
    status: statusIn(status.code),
    statusMessage: textOf(status.message),
    attributes: attributesIn(json.attributes),
    events: objectsOf(json.events).map(eventIn),
    links: objectsOf(json.links).map(linkIn),
    droppedAttributesCount: numberOf(json.droppedAttributesCount),
    droppedEventsCount: numberOf(json.droppedEventsCount),
    droppedLinksCount: numberOf(json.droppedLinksCount),
    resource,
    scope,
  }
}

function eventIn(json: JsonObject): ReceivedEvent {
  return {
    name: textOf(json.name),
    timeMicros: microsIn(json.timeUnixNano),
    attributes: attributesIn(json.attributes),
    droppedAttributesCount: numberOf(json.droppedAttributesCount),
  }
}

function linkIn(json: JsonObject): ReceivedLink {
  return {
    traceId: idIn(json.traceId, TRACE_ID_DIGITS) ?? '',
    spanId: idIn(json.spanId, SPAN_ID_DIGITS) ?? '',
    attributes: attributesIn(json.attributes),
  }
}

function logIn(json: JsonObject, resource: ReceivedResource): ReceivedLog {
  const timeMicros = microsIn(json.timeUnixNano)
  return {
    traceId: idIn(json.traceId, TRACE_ID_DIGITS),
    spanId: idIn(json.spanId, SPAN_ID_DIGITS),
    timeMicros: timeMicros === 0 ? microsIn(json.observedTimeUnixNano) : timeMicros,
    severity: severityOf(numberOf(json.severityNumber), textOf(json.severityText)),
    body: valueIn(json.body, 0),
    attributes: attributesIn(json.attributes),
    resource,
  }
}

const TRACE_ID_DIGITS = 32
const SPAN_ID_DIGITS = 16
const HEXADECIMAL = /^[0-9a-f]*$/i
const ZEROS = /^0*$/

function idIn(value: unknown, digits: number): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  const id =
    value.length === digits && HEXADECIMAL.test(value)
      ? value.toLowerCase()
      : Buffer.from(value, 'base64').toString('hex')
  return id.length === digits && !ZEROS.test(id) ? id : undefined
}

/** The last three digits apart from the others: together they are more than a double holds. */
function microsIn(nanos: unknown): number {
  if (typeof nanos !== 'string') return numberOf(nanos) / 1000
  if (!/^\d{1,20}$/.test(nanos)) return 0
  return Number(nanos.slice(0, -3)) + Number(nanos.slice(-3)) / 1000
}

function kindIn(value: unknown): ReceivedSpanKind {
  if (typeof value === 'number') return KINDS[value] ?? 'unspecified'
  const name = textOf(value).replace('SPAN_KIND_', '').toLowerCase()
  return KINDS.find((kind) => kind === name) ?? 'unspecified'
}

function statusIn(value: unknown): ReceivedStatus {
  if (typeof value === 'number') return STATUSES[value] ?? 'unset'
  const name = textOf(value).replace('STATUS_CODE_', '').toLowerCase()
  return STATUSES.find((status) => status === name) ?? 'unset'
}

function attributesIn(value: unknown, depth = 0): Record<string, AttributeValue> {
  const pairs = objectsOf(value)
  if (pairs.length === 0) return NO_ATTRIBUTES
  const attributes = newAttributes()
  for (const pair of pairs) attributes[textOf(pair.key)] = valueIn(pair.value, depth)
  return attributes
}

function valueIn(value: unknown, depth: number): AttributeValue {
  if (!isObject(value)) return null
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value
  if (stringValue !== undefined) return textOf(stringValue)
  if (intValue !== undefined) return integerIn(intValue)
  if (boolValue !== undefined) return boolValue === true
  // Not a number, or infinite, is a text in JSON.
  if (doubleValue !== undefined) return typeof doubleValue === 'number' ? doubleValue : Number(textOf(doubleValue))
  if (bytesValue !== undefined) return textOf(bytesValue)
  const { arrayValue, kvlistValue } = value
  if (arrayValue === undefined && kvlistValue === undefined) return null
  if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP
  if (kvlistValue !== undefined) return attributesIn(objectOf(kvlistValue).values, depth + 1)
  return objectsOf(objectOf(arrayValue).values).map((item) => valueIn(item, depth + 1))
}

function integerIn(value: unknown): number | bigint {
  if (typeof value === 'number') return value
  const text = textOf(value)
  if (!/^-?\d{1,20}$/.test(text)) return 0
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}
