import type {
  AttributeValue,
  ReceivedEvent,
  ReceivedResource,
  ReceivedSpan,
  ReceivedSpanKind,
} from '../model/received-span.js'
import { endOf, newAttributes, NO_ATTRIBUTES, resourceOf, UNNAMED_SCOPE, type Decoded } from './decoded.js'
import { finiteNumberOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from './json-values.js'

const KINDS: Readonly<Record<string, ReceivedSpanKind>> = {
  CLIENT: 'client',
  SERVER: 'server',
  PRODUCER: 'producer',
  CONSUMER: 'consumer',
}

/** The spans of a list in Zipkin's v2 format, of one trace or of several. */
export function spansInZipkin(list: readonly unknown[]): Decoded<ReceivedSpan> {
  const decoded = { items: [] as ReceivedSpan[], rejected: 0 }
  const resources = new Map<string, ReceivedResource>()
  const usable = objectsOf(list).filter((json) => textOf(json.traceId) !== '' && textOf(json.id) !== '')
  decoded.rejected = list.length - usable.length
  const halves = sharedHalves(usable)
  const firstStarts = firstStartOfTraces(usable)
  for (const json of usable) {
    decoded.items.push(spanIn(json, resourceIn(json, resources), halves, firstStarts.get(textOf(json.traceId)) ?? 0))
  }
  return decoded
}

/** Both halves of a call whose client and server share one id (B3's default). */
interface SharedHalves {
  readonly client: JsonObject
  readonly server: JsonObject
  /** What the server's half is called here, where every span has an id of its own. */
  readonly serverId: string
}

function sharedHalves(spans: readonly JsonObject[]): ReadonlyMap<string, SharedHalves> {
  const byKey = new Map<string, JsonObject[]>()
  for (const json of spans) {
    const key = keyOf(json.traceId, json.id)
    byKey.set(key, [...(byKey.get(key) ?? []), json])
  }
  const halves = new Map<string, SharedHalves>()
  for (const [key, alike] of byKey) {
    const client = alike.find((json) => json.kind === 'CLIENT')
    const server = alike.find((json) => json.kind === 'SERVER')
    if (!client || !server) continue
    const isUsed = (id: string): boolean => byKey.has(keyOf(client.traceId, id))
    halves.set(key, { client, server, serverId: otherId(textOf(client.id), isUsed) })
  }
  return halves
}

function keyOf(traceId: unknown, spanId: unknown): string {
  return `${textOf(traceId)} ${textOf(spanId)}`
}

/** The same id but for its first digit, so that the same file has the same ids at every reading. */
function otherId(id: string, isUsed: (id: string) => boolean): string {
  const first = Number.parseInt(id.slice(0, 1), 16) || 0
  for (let n = 1; n < 16; n++) {
    const other = ((first + 8 + n - 1) % 16).toString(16) + id.slice(1)
    if (other !== id && !isUsed(other)) return other
  }
  return `${id}.server`
}

/** A span of a server without a time of its own (it may leave that to the client) is put at the start of its trace. */
function firstStartOfTraces(spans: readonly JsonObject[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const json of spans) {
    const start = startOf(json)
    const traceId = textOf(json.traceId)
    if (start !== undefined) first.set(traceId, Math.min(start, first.get(traceId) ?? Infinity))
  }
  return first
}

function startOf(json: JsonObject): number | undefined {
  const annotations = objectsOf(json.annotations).map((annotation) => finiteNumberOf(annotation.timestamp))
  return finiteNumberOf(json.timestamp) ?? annotations.find((time) => time !== undefined)
}

function spanIn(
  json: JsonObject,
  resource: ReceivedResource,
  halves: ReadonlyMap<string, SharedHalves>,
  traceStart: number,
): ReceivedSpan {
  const traceId = textOf(json.traceId)
  const own = halves.get(keyOf(traceId, json.id))
  const attributes = attributesIn(json)
  const startMicros = startOf(json) ?? (own && startOf(own.client)) ?? traceStart
  const duration = finiteNumberOf(json.duration)
  const { error } = objectOf(json.tags)
  return {
    traceId,
    spanId: own?.server === json ? own.serverId : textOf(json.id),
    parentSpanId: parentOf(json, own, halves),
    traceState: '',
    name: textOf(json.name),
    kind: KINDS[textOf(json.kind)] ?? 'internal',
    startMicros,
    endMicros: endOf(startMicros, duration === undefined ? undefined : startMicros + duration),
    // Any value of the tag says that the span failed, even an empty one.
    status: error === undefined || error === false ? 'unset' : 'error',
    statusMessage: error === 'true' ? '' : textOf(error),
    attributes,
    events: objectsOf(json.annotations).map(eventIn),
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    scope: UNNAMED_SCOPE,
  }
}

/** A child names the id that both halves share: it is the server's, unless it is the client's service that made it. */
function parentOf(
  json: JsonObject,
  own: SharedHalves | undefined,
  halves: ReadonlyMap<string, SharedHalves>,
): string | undefined {
  if (own?.server === json) return textOf(json.id)
  const parentId = textOf(json.parentId)
  if (parentId === '') return undefined
  const parent = halves.get(keyOf(json.traceId, parentId))
  if (!parent) return parentId
  const service = serviceOf(json)
  const isClients = service === serviceOf(parent.client) && service !== serviceOf(parent.server)
  return isClients ? parentId : parent.serverId
}

function serviceOf(json: JsonObject): string {
  return textOf(objectOf(json.localEndpoint).serviceName)
}

function resourceIn(json: JsonObject, known: Map<string, ReceivedResource>): ReceivedResource {
  const endpoint = objectOf(json.localEndpoint)
  const service = serviceOf(json)
  const address = textOf(endpoint.ipv4 ?? endpoint.ipv6)
  const key = `${service} ${address}`
  let resource = known.get(key)
  if (!resource) {
    const attributes = newAttributes()
    if (service !== '') attributes['service.name'] = service
    if (address !== '') attributes['host.ip'] = address
    known.set(key, (resource = resourceOf(attributes)))
  }
  return resource
}

/** Names of today's conventions for what Zipkin knows of the other side. */
function attributesIn(json: JsonObject): Record<string, AttributeValue> {
  const attributes = newAttributes()
  for (const [key, value] of Object.entries(objectOf(json.tags))) {
    attributes[key] = typeof value === 'boolean' ? value : textOf(value)
  }
  const remote = objectOf(json.remoteEndpoint)
  const service = textOf(remote.serviceName)
  const address = textOf(remote.ipv4 ?? remote.ipv6)
  const port = numberOf(remote.port)
  if (service !== '') attributes['peer.service'] ??= service
  if (address !== '') attributes['network.peer.address'] ??= address
  if (port !== 0) attributes['network.peer.port'] ??= port
  return Object.keys(attributes).length === 0 ? NO_ATTRIBUTES : attributes
}

function eventIn(annotation: JsonObject): ReceivedEvent {
  return {
    name: textOf(annotation.value),
    timeMicros: numberOf(annotation.timestamp),
    attributes: NO_ATTRIBUTES,
    droppedAttributesCount: 0,
  }
}
