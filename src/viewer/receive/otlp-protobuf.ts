import type {
  AttributeValue,
  ReceivedEvent,
  ReceivedLink,
  ReceivedLog,
  ReceivedResource,
  ReceivedScope,
  ReceivedSpan,
} from '../model/received-span.js'
import {
  endOf,
  KINDS,
  MalformedError,
  newAttributes,
  NO_ATTRIBUTES,
  resourceOf,
  severityOf,
  STATUSES,
  UNKNOWN_RESOURCE,
  UNNAMED_SCOPE,
  type Decoded,
} from './decoded.js'
import { OtlpWire, SPAN_ID_BYTES, TRACE_ID_BYTES } from './otlp-wire.js'

/** The spans of an `ExportTraceServiceRequest`, or of a `TracesData`, which is the same on the wire. */
export function spansInProtobuf(bytes: Uint8Array): Decoded<ReceivedSpan> {
  return reading(bytes, (reader) => reader.traces())
}

/** The records of an `ExportLogsServiceRequest`. */
export function logsInProtobuf(bytes: Uint8Array): Decoded<ReceivedLog> {
  return reading(bytes, (reader) => reader.logs())
}

function reading<Item>(bytes: Uint8Array, read: (reader: OtlpReader) => Decoded<Item>): Decoded<Item> {
  try {
    return read(new OtlpReader(bytes))
  } catch (error) {
    // The cursor throws a RangeError where the bytes are no message.
    if (error instanceof RangeError) throw new MalformedError('not a protobuf message of OTLP')
    throw error
  }
}

const LENGTH_DELIMITED = 2
const NOTHING: readonly never[] = []

/** A part of the message: where a field starts and ends. */
interface Range {
  readonly start: number
  readonly end: number
}

/** Fields may come in any order, so what a span shares with others is read before the spans are. */
class OtlpReader {
  readonly #wire: OtlpWire

  constructor(bytes: Uint8Array) {
    this.#wire = new OtlpWire(bytes)
  }

  traces(): Decoded<ReceivedSpan> {
    const decoded = { items: [] as ReceivedSpan[], rejected: 0 }
    this.#inScopes((range, resource, scope) => {
      const span = this.#span(range, resource, scope)
      if (span) decoded.items.push(span)
      else decoded.rejected++
    })
    return decoded
  }

  logs(): Decoded<ReceivedLog> {
    const decoded = { items: [] as ReceivedLog[], rejected: 0 }
    this.#inScopes((range, resource) => decoded.items.push(this.#log(range, resource)))
    return decoded
  }

  /** Traces and logs have the same three levels, with the same numbers: by resource, by scope, items. */
  #inScopes(visit: (item: Range, resource: ReceivedResource, scope: ReceivedScope) => void): void {
    for (const group of this.#rangesOf({ start: 0, end: this.#wire.bytes.length }, 1)) {
      const [resourceRange] = this.#rangesOf(group, 1)
      const resource = resourceRange ? this.#resource(resourceRange) : UNKNOWN_RESOURCE
      for (const scoped of this.#rangesOf(group, 2)) {
        const [scopeRange] = this.#rangesOf(scoped, 1)
        const scope = scopeRange ? this.#scope(scopeRange) : UNNAMED_SCOPE
        for (const item of this.#rangesOf(scoped, 2)) visit(item, resource, scope)
      }
    }
  }

  /** Where the fields of this number are, each a message. */
  #rangesOf(message: Range, number: number): Range[] {
    const ranges: Range[] = []
    const wire = this.#wire
    const { cursor } = wire
    cursor.at = message.start
    while (cursor.at < message.end) {
      const tag = cursor.varint()
      if (tag !== number * 8 + LENGTH_DELIMITED) {
        cursor.skip(tag, message.end)
        continue
      }
      wire.countObject()
      const end = cursor.fieldEnd(message.end)
      ranges.push({ start: cursor.at, end })
      cursor.at = end
    }
    return ranges
  }

  #resource({ start, end }: Range): ReceivedResource {
    let attributes: Record<string, AttributeValue> | undefined
    let dropped = 0
    const wire = this.#wire
    const { cursor } = wire
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) wire.readAttribute(tag, end, (attributes ??= newAttributes()))
      else if (tag >>> 3 === 2) dropped = wire.number(tag)
      else cursor.skip(tag, end)
    }
    return resourceOf(attributes ?? NO_ATTRIBUTES, dropped)
  }

  #scope({ start, end }: Range): ReceivedScope {
    let name = ''
    let version = ''
    let attributes: Record<string, AttributeValue> | undefined
    const wire = this.#wire
    const { cursor } = wire
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) name = wire.string(tag, end)
      else if (tag >>> 3 === 2) version = wire.string(tag, end)
      else if (tag >>> 3 === 3) wire.readAttribute(tag, end, (attributes ??= newAttributes()))
      else cursor.skip(tag, end)
    }
    return { name, ...(version !== '' && { version }), attributes: attributes ?? NO_ATTRIBUTES }
  }

  #span({ start, end }: Range, resource: ReceivedResource, scope: ReceivedScope): ReceivedSpan | undefined {
    let traceId = ''
    let spanId = ''
    let parentSpanId: string | undefined
    let traceState = ''
    let name = ''
    let kind = 0
    let startMicros = 0
    let endMicros = 0
    let attributes: Record<string, AttributeValue> | undefined
    let droppedAttributesCount = 0
    let events: ReceivedEvent[] | undefined
    let droppedEventsCount = 0
    let links: ReceivedLink[] | undefined
    let droppedLinksCount = 0
    const status = { code: 0, message: '' }
    const wire = this.#wire
    const { cursor } = wire
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      switch (tag >>> 3) {
        case 1:
          traceId = wire.id(tag, end, TRACE_ID_BYTES)
          break
        case 2:
          spanId = wire.id(tag, end, SPAN_ID_BYTES)
          break
        case 3:
          traceState = wire.string(tag, end)
          break
        case 4:
          parentSpanId = wire.id(tag, end, SPAN_ID_BYTES)
          break
        case 5:
          name = wire.string(tag, end)
          break
        case 6:
          kind = wire.number(tag)
          break
        case 7:
          startMicros = wire.time(tag, end)
          break
        case 8:
          endMicros = wire.time(tag, end)
          break
        case 9:
          wire.readAttribute(tag, end, (attributes ??= newAttributes()))
          break
        case 10:
          droppedAttributesCount = wire.number(tag)
          break
        case 11:
          ;(events ??= []).push(this.#event(tag, end))
          break
        case 12:
          droppedEventsCount = wire.number(tag)
          break
        case 13:
          ;(links ??= []).push(this.#link(tag, end))
          break
        case 14:
          droppedLinksCount = wire.number(tag)
          break
        case 15:
          this.#readStatus(tag, end, status)
          break
        default:
          cursor.skip(tag, end)
      }
    }
    if (traceId === '' || spanId === '') return undefined
    return {
      traceId,
      spanId,
      parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
      traceState,
      name,
      kind: KINDS[kind] ?? 'unspecified',
      startMicros,
      endMicros: endOf(startMicros, endMicros === 0 ? undefined : endMicros),
      status: STATUSES[status.code] ?? 'unset',
      statusMessage: status.message,
      attributes: attributes ?? NO_ATTRIBUTES,
      events: events ?? NOTHING,
      links: links ?? NOTHING,
      droppedAttributesCount,
      droppedEventsCount,
      droppedLinksCount,
      resource,
      scope,
    }
  }

  #event(tag: number, messageEnd: number): ReceivedEvent {
    let timeMicros = 0
    let name = ''
    let attributes: Record<string, AttributeValue> | undefined
    let droppedAttributesCount = 0
    const wire = this.#wire
    const { cursor } = wire
    const end = wire.enter(tag, messageEnd)
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) timeMicros = wire.time(tag, end)
      else if (tag >>> 3 === 2) name = wire.string(tag, end)
      else if (tag >>> 3 === 3) wire.readAttribute(tag, end, (attributes ??= newAttributes()))
      else if (tag >>> 3 === 4) droppedAttributesCount = wire.number(tag)
      else cursor.skip(tag, end)
    }
    return { name, timeMicros, attributes: attributes ?? NO_ATTRIBUTES, droppedAttributesCount }
  }

  #link(tag: number, messageEnd: number): ReceivedLink {
    let traceId = ''
    let spanId = ''
    let attributes: Record<string, AttributeValue> | undefined
    const wire = this.#wire
    const { cursor } = wire
    const end = wire.enter(tag, messageEnd)
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) traceId = wire.id(tag, end, TRACE_ID_BYTES)
      else if (tag >>> 3 === 2) spanId = wire.id(tag, end, SPAN_ID_BYTES)
      else if (tag >>> 3 === 4) wire.readAttribute(tag, end, (attributes ??= newAttributes()))
      else cursor.skip(tag, end)
    }
    return { traceId, spanId, attributes: attributes ?? NO_ATTRIBUTES }
  }

  #readStatus(tag: number, messageEnd: number, status: { code: number; message: string }): void {
    const wire = this.#wire
    const { cursor } = wire
    const end = wire.enter(tag, messageEnd)
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 2) status.message = wire.string(tag, end)
      else if (tag >>> 3 === 3) status.code = wire.number(tag)
      else cursor.skip(tag, end)
    }
  }

  #log({ start, end }: Range, resource: ReceivedResource): ReceivedLog {
    let timeMicros = 0
    let observedMicros = 0
    let severityNumber = 0
    let severityText = ''
    let body: AttributeValue = null
    let attributes: Record<string, AttributeValue> | undefined
    let traceId = ''
    let spanId = ''
    const wire = this.#wire
    const { cursor } = wire
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      switch (tag >>> 3) {
        case 1:
          timeMicros = wire.time(tag, end)
          break
        case 2:
          severityNumber = wire.number(tag)
          break
        case 3:
          severityText = wire.string(tag, end)
          break
        case 5:
          body = wire.value(tag, end, 0)
          break
        case 6:
          wire.readAttribute(tag, end, (attributes ??= newAttributes()))
          break
        case 9:
          traceId = wire.id(tag, end, TRACE_ID_BYTES)
          break
        case 10:
          spanId = wire.id(tag, end, SPAN_ID_BYTES)
          break
        case 11:
          observedMicros = wire.time(tag, end)
          break
        default:
          cursor.skip(tag, end)
      }
    }
    return {
      traceId: traceId === '' ? undefined : traceId,
      spanId: spanId === '' ? undefined : spanId,
      timeMicros: timeMicros === 0 ? observedMicros : timeMicros,
      severity: severityOf(severityNumber, severityText),
      body,
      attributes: attributes ?? NO_ATTRIBUTES,
      resource,
    }
  }
}
