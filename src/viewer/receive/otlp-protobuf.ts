import { protobufCursor, type ProtobufCursor } from '../../export/protobuf/protobuf-cursor.js'
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
  MAX_OBJECTS,
  MAX_VALUE_DEPTH,
  newAttributes,
  NO_ATTRIBUTES,
  resourceOf,
  severityOf,
  STATUSES,
  TOO_DEEP,
  UNKNOWN_RESOURCE,
  UNNAMED_SCOPE,
  type Decoded,
} from './decoded.js'
import { TextReader } from './text-reader.js'

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

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
const NO_TRACE = '0'.repeat(2 * TRACE_ID_BYTES)
const NO_SPAN = '0'.repeat(2 * SPAN_ID_BYTES)
const NOTHING: readonly never[] = []

/** A part of the message: where a field starts and ends. */
interface Range {
  readonly start: number
  readonly end: number
}

/** Fields may come in any order, so what a span shares with others is read before the spans are. */
class OtlpReader {
  readonly #cursor: ProtobufCursor
  readonly #bytes: Buffer
  readonly #text: TextReader
  #objects = 0

  constructor(bytes: Uint8Array) {
    this.#cursor = protobufCursor(bytes)
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#text = new TextReader(this.#bytes)
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
    for (const group of this.#rangesOf({ start: 0, end: this.#bytes.length }, 1)) {
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
    const cursor = this.#cursor
    cursor.at = message.start
    while (cursor.at < message.end) {
      const tag = cursor.varint()
      if (tag !== number * 8 + LENGTH_DELIMITED) {
        cursor.skip(tag, message.end)
        continue
      }
      this.#countObject()
      const end = cursor.fieldEnd(message.end)
      ranges.push({ start: cursor.at, end })
      cursor.at = end
    }
    return ranges
  }

  #resource({ start, end }: Range): ReceivedResource {
    let attributes: Record<string, AttributeValue> | undefined
    let dropped = 0
    const cursor = this.#cursor
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) this.#readAttribute(tag, end, (attributes ??= newAttributes()))
      else if (tag >>> 3 === 2) dropped = this.#number(tag)
      else cursor.skip(tag, end)
    }
    return resourceOf(attributes ?? NO_ATTRIBUTES, dropped)
  }

  #scope({ start, end }: Range): ReceivedScope {
    let name = ''
    let version = ''
    let attributes: Record<string, AttributeValue> | undefined
    const cursor = this.#cursor
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) name = this.#string(tag, end)
      else if (tag >>> 3 === 2) version = this.#string(tag, end)
      else if (tag >>> 3 === 3) this.#readAttribute(tag, end, (attributes ??= newAttributes()))
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
    const cursor = this.#cursor
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      switch (tag >>> 3) {
        case 1:
          traceId = this.#id(tag, end, TRACE_ID_BYTES)
          break
        case 2:
          spanId = this.#id(tag, end, SPAN_ID_BYTES)
          break
        case 3:
          traceState = this.#string(tag, end)
          break
        case 4:
          parentSpanId = this.#id(tag, end, SPAN_ID_BYTES)
          break
        case 5:
          name = this.#string(tag, end)
          break
        case 6:
          kind = this.#number(tag)
          break
        case 7:
          startMicros = this.#time(tag, end)
          break
        case 8:
          endMicros = this.#time(tag, end)
          break
        case 9:
          this.#readAttribute(tag, end, (attributes ??= newAttributes()))
          break
        case 10:
          droppedAttributesCount = this.#number(tag)
          break
        case 11:
          ;(events ??= []).push(this.#event(tag, end))
          break
        case 12:
          droppedEventsCount = this.#number(tag)
          break
        case 13:
          ;(links ??= []).push(this.#link(tag, end))
          break
        case 14:
          droppedLinksCount = this.#number(tag)
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
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) timeMicros = this.#time(tag, end)
      else if (tag >>> 3 === 2) name = this.#string(tag, end)
      else if (tag >>> 3 === 3) this.#readAttribute(tag, end, (attributes ??= newAttributes()))
      else if (tag >>> 3 === 4) droppedAttributesCount = this.#number(tag)
      else cursor.skip(tag, end)
    }
    return { name, timeMicros, attributes: attributes ?? NO_ATTRIBUTES, droppedAttributesCount }
  }

  #link(tag: number, messageEnd: number): ReceivedLink {
    let traceId = ''
    let spanId = ''
    let attributes: Record<string, AttributeValue> | undefined
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) traceId = this.#id(tag, end, TRACE_ID_BYTES)
      else if (tag >>> 3 === 2) spanId = this.#id(tag, end, SPAN_ID_BYTES)
      else if (tag >>> 3 === 4) this.#readAttribute(tag, end, (attributes ??= newAttributes()))
      else cursor.skip(tag, end)
    }
    return { traceId, spanId, attributes: attributes ?? NO_ATTRIBUTES }
  }

  #readStatus(tag: number, messageEnd: number, status: { code: number; message: string }): void {
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 2) status.message = this.#string(tag, end)
      else if (tag >>> 3 === 3) status.code = this.#number(tag)
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
    const cursor = this.#cursor
    cursor.at = start
    while (cursor.at < end) {
      const tag = cursor.varint()
      switch (tag >>> 3) {
        case 1:
          timeMicros = this.#time(tag, end)
          break
        case 2:
          severityNumber = this.#number(tag)
          break
        case 3:
          severityText = this.#string(tag, end)
          break
        case 5:
          body = this.#value(tag, end, 0)
          break
        case 6:
          this.#readAttribute(tag, end, (attributes ??= newAttributes()))
          break
        case 9:
          traceId = this.#id(tag, end, TRACE_ID_BYTES)
          break
        case 10:
          spanId = this.#id(tag, end, SPAN_ID_BYTES)
          break
        case 11:
          observedMicros = this.#time(tag, end)
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

  #readAttribute(tag: number, messageEnd: number, into: Record<string, AttributeValue>, depth = 0): void {
    let key = ''
    let value: AttributeValue = null
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) key = this.#string(tag, end)
      else if (tag >>> 3 === 2) value = this.#value(tag, end, depth)
      else cursor.skip(tag, end)
    }
    into[key] = value
  }

  #value(tag: number, messageEnd: number, depth: number): AttributeValue {
    let value: AttributeValue = null
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    while (cursor.at < end) {
      const tag = cursor.varint()
      switch (tag >>> 3) {
        case 1:
          value = this.#string(tag, end)
          break
        case 2:
          value = this.#number(tag) !== 0
          break
        case 3:
          value = this.#int64(tag)
          break
        case 4:
          value = this.#double(tag, end)
          break
        case 5:
          value = this.#list(tag, end, depth + 1)
          break
        case 6:
          value = this.#map(tag, end, depth + 1)
          break
        case 7: {
          const bytesEnd = this.#fieldEnd(tag, end)
          value = this.#text.base64(cursor.at, bytesEnd)
          cursor.at = bytesEnd
          break
        }
        default:
          cursor.skip(tag, end)
      }
    }
    return value
  }

  #list(tag: number, messageEnd: number, depth: number): AttributeValue {
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    if (depth > MAX_VALUE_DEPTH) {
      cursor.at = end
      return TOO_DEEP
    }
    const list: AttributeValue[] = []
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) list.push(this.#value(tag, end, depth))
      else cursor.skip(tag, end)
    }
    return list
  }

  #map(tag: number, messageEnd: number, depth: number): AttributeValue {
    const end = this.#enter(tag, messageEnd)
    const cursor = this.#cursor
    if (depth > MAX_VALUE_DEPTH) {
      cursor.at = end
      return TOO_DEEP
    }
    const map = newAttributes()
    while (cursor.at < end) {
      const tag = cursor.varint()
      if (tag >>> 3 === 1) this.#readAttribute(tag, end, map, depth)
      else cursor.skip(tag, end)
    }
    return map
  }

  /** Enters a message within a message, and says where it ends. */
  #enter(tag: number, messageEnd: number): number {
    this.#countObject()
    return this.#fieldEnd(tag, messageEnd)
  }

  #countObject(): void {
    if (++this.#objects > MAX_OBJECTS) throw new MalformedError('more values than a request may have')
  }

  #fieldEnd(tag: number, messageEnd: number): number {
    expectWireType(tag, LENGTH_DELIMITED)
    return this.#cursor.fieldEnd(messageEnd)
  }

  #string(tag: number, messageEnd: number): string {
    const end = this.#fieldEnd(tag, messageEnd)
    const text = this.#text.text(this.#cursor.at, end)
    this.#cursor.at = end
    return text
  }

  /** Empty for what is no id: one of another length, or all zeros. */
  #id(tag: number, messageEnd: number, length: number): string {
    const end = this.#fieldEnd(tag, messageEnd)
    const start = this.#cursor.at
    this.#cursor.at = end
    if (end - start !== length) return ''
    const id = this.#text.hex(start, end)
    return id === NO_TRACE || id === NO_SPAN ? '' : id
  }

  #number(tag: number): number {
    expectWireType(tag, VARINT)
    return this.#cursor.varint()
  }

  #int64(tag: number): number | bigint {
    expectWireType(tag, VARINT)
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#cursor.at++]
      if (byte === undefined) break
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      if (shift === 28) high |= bits >>> 4
      else if (shift > 28) high |= bits << (shift - 32)
      if (byte < 0x80) return signed(high, low >>> 0)
    }
    throw new RangeError('not a varint')
  }

  #double(tag: number, messageEnd: number): number {
    return this.#bytes.readDoubleLE(this.#fixed64(tag, messageEnd))
  }

  /** Nanoseconds, of which a double holds only every 256th: so it takes thousands of them apart from the rest. */
  #time(tag: number, messageEnd: number): number {
    const at = this.#fixed64(tag, messageEnd)
    const low = this.#bytes.readUInt32LE(at)
    const high = this.#bytes.readUInt32LE(at + 4)
    return high * 4_294_967 + (high * 296 + low) / 1000
  }

  #fixed64(tag: number, messageEnd: number): number {
    expectWireType(tag, FIXED_64)
    const { at } = this.#cursor
    this.#cursor.at = at + 8
    if (at + 8 > messageEnd) throw new RangeError('cut short')
    return at
  }
}

function expectWireType(tag: number, wireType: number): void {
  if ((tag & 7) !== wireType) throw new RangeError('a field of another type')
}

/** An integer of 64 bits: a bigint only where a number would not be exact. */
function signed(high: number, low: number): number | bigint {
  const value = high * 2 ** 32 + low
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
}
