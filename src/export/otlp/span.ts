import type { Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import { writeAttributes } from './attributes.js'
import type { ByteWriter } from '../protobuf/byte-writer.js'
import { writeCount, writeTag, writeText } from '../protobuf/fields.js'
import { writeSpanId, writeTraceId } from './ids.js'
import { writeTime } from './time.js'

const SPANS = 0x12
const TRACE_ID = 0x0a
const SPAN_ID = 0x12
const TRACE_STATE = 0x1a

/**
 * A Span, in the field of ScopeSpans. Tags are written as they are: the number of the field shifted by three, and the wire
 * type. Throws where the host put something there that is no part of a span.
 */
export function writeSpan(writer: ByteWriter, span: ReadableSpan): void {
  const context = span.spanContext()
  const parent = span.parentSpanContext
  writer.reserve(0)
  writeTag(writer, SPANS)
  const start = writer.beginLong()
  writeContext(writer, context)
  if (parent !== undefined) writeSpanId(writer, 0x22, parent.spanId)
  writeText(writer, 0x2a, span.name)
  writeCount(writer, 0x30, (span.kind as SpanKind | null | undefined) == null ? 0 : span.kind + 1)
  writeTime(writer, 0x39, span.startTime)
  writeTime(writer, 0x41, span.endTime)
  writeAttributes(writer, span.attributes, 0x4a)
  writeCount(writer, 0x50, span.droppedAttributesCount)
  for (const event of span.events) writeEvent(writer, event)
  writeCount(writer, 0x60, span.droppedEventsCount)
  for (const link of span.links) writeLink(writer, link)
  writeCount(writer, 0x70, span.droppedLinksCount)
  writeStatus(writer, span.status)
  // Field 16, whose tag takes two bytes.
  writeTag(writer, 0x85)
  writeTag(writer, 0x01)
  writer.fixed32(flagsOf(context.traceFlags, parent?.isRemote))
  writer.endLong(start)
}

function writeContext(writer: ByteWriter, context: SpanContext): void {
  writeTraceId(writer, TRACE_ID, context.traceId)
  writeSpanId(writer, SPAN_ID, context.spanId)
  const state = context.traceState?.serialize()
  if (state) writeText(writer, TRACE_STATE, state)
}

function writeEvent(writer: ByteWriter, event: TimedEvent): void {
  writer.reserve(0)
  writeTag(writer, 0x5a)
  const start = writer.begin()
  writeTime(writer, 0x09, event.time)
  writeText(writer, 0x12, event.name)
  writeAttributes(writer, event.attributes, 0x1a)
  writeCount(writer, 0x20, event.droppedAttributesCount)
  writer.end(start)
}

function writeLink(writer: ByteWriter, link: Link): void {
  writer.reserve(0)
  writeTag(writer, 0x6a)
  const start = writer.begin()
  writeContext(writer, link.context)
  writeAttributes(writer, link.attributes, 0x22)
  writeCount(writer, 0x28, link.droppedAttributesCount)
  writeTag(writer, 0x35)
  writer.fixed32(flagsOf(link.context.traceFlags, link.context.isRemote))
  writer.end(start)
}

function writeStatus(writer: ByteWriter, status: SpanStatus): void {
  writeTag(writer, 0x7a)
  const start = writer.begin()
  if (status.message) writeText(writer, 0x12, status.message)
  writeCount(writer, 0x18, status.code)
  writer.end(start)
}

function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | 0x100 | (isRemote ? 0x200 : 0)
}
