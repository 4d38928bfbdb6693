import type {
  Attributes,
  AttributeValue,
  ReceivedEvent,
  ReceivedResource,
  ReceivedSpan,
  ReceivedSpanKind,
  ReceivedStatus,
} from '../model/received-span.js'
import { endOf, KINDS, newAttributes, NO_ATTRIBUTES, resourceOf, type Decoded } from './decoded.js'
import { attributeValueOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from './json-values.js'

/** The spans of one trace as Jaeger's API and its page's download have it. */
export function spansInJaegerTrace(trace: JsonObject): Decoded<ReceivedSpan> {
  const decoded = { items: [] as ReceivedSpan[], rejected: 0 }
  const resources = new Map<string, ReceivedResource>()
  for (const [id, process] of Object.entries(objectOf(trace.processes))) {
    resources.set(id, resourceIn(objectOf(process)))
  }
  for (const json of objectsOf(trace.spans)) {
    const resource = resources.get(textOf(json.processID)) ?? resourceIn(objectOf(json.process))
    const span = spanIn(json, resource)
    if (span) decoded.items.push(span)
    else decoded.rejected++
  }
  return decoded
}

function resourceIn(process: JsonObject): ReceivedResource {
  const attributes = { ...attributesIn(process.tags) }
  const name = textOf(process.serviceName)
  return resourceOf(Object.assign(newAttributes(), attributes, name !== '' && { 'service.name': name }))
}

/** Ids are kept as they are: in traces made by hand they may be any text. */
function spanIn(json: JsonObject, resource: ReceivedResource): ReceivedSpan | undefined {
  const traceId = textOf(json.traceID)
  const spanId = textOf(json.spanID)
  if (traceId === '' || spanId === '') return undefined
  const attributes = attributesIn(json.tags)
  const { parent, links } = referencesIn(json, traceId)
  const startMicros = numberOf(json.startTime)
  const duration = json.duration
  const tag = (...keys: string[]): string =>
    keys.map((key) => textOf(attributes[key])).find((text) => text !== '') ?? ''
  const version = tag('otel.scope.version', 'otel.library.version')
  return {
    traceId,
    spanId,
    parentSpanId: parent,
    traceState: tag('w3c.tracestate'),
    name: textOf(json.operationName),
    kind: kindOf(tag('span.kind')),
    startMicros,
    endMicros: endOf(startMicros, duration === undefined ? undefined : startMicros + numberOf(duration)),
    status: statusOf(attributes),
    statusMessage: tag('otel.status_description'),
    attributes,
    events: objectsOf(json.logs).map(eventIn),
    links,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    scope: {
      name: tag('otel.scope.name', 'otel.library.name'),
      ...(version !== '' && { version }),
      attributes: NO_ATTRIBUTES,
    },
  }
}

/** The parent is the first span of the same trace that this one is a child of, or else follows from. All others are links. */
function referencesIn(json: JsonObject, traceId: string): { parent: string | undefined; links: ReceivedSpan['links'] } {
  const references = objectsOf(json.references)
  const inTrace = references.filter((reference) => reference.traceID === traceId)
  const parent = inTrace.find((reference) => reference.refType === 'CHILD_OF') ?? inTrace[0]
  const links = references
    .filter((reference) => reference !== parent)
    .map((reference) => ({
      traceId: textOf(reference.traceID),
      spanId: textOf(reference.spanID),
      attributes: NO_ATTRIBUTES,
    }))
  const parentId = textOf(parent?.spanID ?? json.parentSpanID)
  return { parent: parentId === '' ? undefined : parentId, links }
}

function kindOf(tag: string): ReceivedSpanKind {
  return KINDS.find((kind) => kind === tag.toLowerCase()) ?? 'unspecified'
}

/** As Jaeger's own page has it: another text than "true" in the tag says what went wrong somewhere, not that the span failed. */
function statusOf(tags: Attributes): ReceivedStatus {
  const status = textOf(tags['otel.status_code']).toLowerCase()
  if (status === 'error' || tags.error === true || tags.error === 'true') return 'error'
  return status === 'ok' ? 'ok' : 'unset'
}

function eventIn(json: JsonObject): ReceivedEvent {
  const attributes = attributesIn(json.fields)
  const name = textOf(attributes.event)
  return {
    name: name === '' ? 'log' : name,
    timeMicros: numberOf(json.timestamp),
    attributes,
    droppedAttributesCount: 0,
  }
}

function attributesIn(tags: unknown): Record<string, AttributeValue> {
  const attributes = newAttributes()
  for (const tag of objectsOf(tags)) attributes[textOf(tag.key)] = attributeValueOf(tag.value)
  return attributes
}
