import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'
import { trimOptionalWhitespace } from '../../internal/trace-state/trace-state.js'

/*
 * `traceparent` of W3C Trace Context level 2, section 3.2: version, trace id, parent id and flags, in lower-case hex with
 * dashes between. Character codes instead of a regular expression: this runs for each request, twice.
 */

/** Sampled and random. All others are reserved and have to be zero (section 3.2.2.5.3). */
const KNOWN_FLAGS = 0b11

const LENGTH = 55
const LONGEST = 512
const TRACE_ID = 3
const PARENT_ID = 36
const FLAGS = 53
const DASH = 0x2d
const NO_TRACE_ID = '0'.repeat(32)
const NO_PARENT_ID = '0'.repeat(16)

/** A second header, which HTTP joins to the first by a comma. Looked for in what a later version may be long. */
const JOINED = /,[ \t]*[\da-f]{2}-[\da-f]{32}-/

/** The remote span context, or undefined where the header is not valid. Flags that we do not know are left out. */
export function parseTraceparent(header: string): SpanContext | undefined {
  const text = header.length === LENGTH ? header : trimOptionalWhitespace(header)
  if (!hasForm(text) || !hasEnd(text)) return undefined
  const traceId = text.slice(TRACE_ID, TRACE_ID + 32)
  const spanId = text.slice(PARENT_ID, PARENT_ID + 16)
  if (traceId === NO_TRACE_ID || spanId === NO_PARENT_ID) return undefined
  return { traceId, spanId, traceFlags: valueOfHex(text.charCodeAt(FLAGS + 1)) & KNOWN_FLAGS, isRemote: true }
}

/** The header of version 00, or undefined where the span context is not valid. */
export function formatTraceparent(spanContext: SpanContext, flags: number): string | undefined {
  const { traceId, spanId } = spanContext
  if (isId(traceId, NO_TRACE_ID) && isId(spanId, NO_PARENT_ID)) return headerOf(traceId, spanId, flags)
  // Valid for OpenTelemetry, which allows the capitals that other formats may bring, but not for the header.
  if (!isSpanContextValid(spanContext)) return undefined
  return headerOf(traceId.toLowerCase(), spanId.toLowerCase(), flags)
}

function headerOf(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-0${flags & KNOWN_FLAGS}`
}

function isId(id: string, none: string): boolean {
  return typeof id === 'string' && id.length === none.length && isHex(id, 0, none.length) && id !== none
}

function hasForm(text: string): boolean {
  return (
    text.length >= LENGTH &&
    text.charCodeAt(2) === DASH &&
    text.charCodeAt(35) === DASH &&
    text.charCodeAt(52) === DASH &&
    isHex(text, 0, 2) &&
    isHex(text, TRACE_ID, 35) &&
    isHex(text, PARENT_ID, 52) &&
    isHex(text, FLAGS, LENGTH)
  )
}

/** Version 00 ends after the flags, ff is forbidden, and any other may go on after a dash (section 3.2.4). */
function hasEnd(text: string): boolean {
  if (text.startsWith('00')) return text.length === LENGTH
  if (text.startsWith('ff')) return false
  return text.length === LENGTH || (text.charCodeAt(LENGTH) === DASH && !JOINED.test(text.slice(LENGTH, LONGEST)))
}

function isHex(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false
  }
  return true
}

function valueOfHex(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57
}
