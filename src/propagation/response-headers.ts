import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'
import { checkEach, outOfRange } from '../internal/checks/validate.js'
import { processWide } from '../internal/runtime/process-wide.js'

/**
 * Headers of a response by which a browser or a caller finds the trace: `traceresponse` (W3C Trace Context, the level that
 * is being drafted), and `server-timing`, which scripts in a page can read.
 */
export type TraceResponseHeader = 'traceresponse' | 'server-timing'

export const TRACE_RESPONSE_HEADERS: readonly TraceResponseHeader[] = ['traceresponse', 'server-timing']

/** Where headers are written: what Node's responses and fetch's `Headers` have in common. */
export interface ResponseHeaders {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

/** @throws TracingConfigError when it is no list of their names: `traceResponseHeaders[0] must be …` */
export function checkTraceResponseHeaders(option: string, given: unknown): void {
  checkEach(option, given, (name, own) => {
    if (TRACE_RESPONSE_HEADERS.includes(name as TraceResponseHeader)) return
    throw outOfRange(own, TRACE_RESPONSE_HEADERS.map((known) => `'${known}'`).join(' or '), name)
  })
}

/** The span context in the form of `traceparent`, all of its flags. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
}

/** Writes them, next to what is there. Writing once more changes nothing. Headers that have been sent stay as they are. */
export function writeTraceResponseHeaders(
  headers: ResponseHeaders,
  spanContext: SpanContext,
  names: readonly TraceResponseHeader[],
): void {
  if (!isSpanContextValid(spanContext)) return
  const text = traceparentOf(spanContext)
  try {
    if (names.includes('traceresponse')) headers.set('traceresponse', text)
    if (names.includes('server-timing')) writeServerTiming(headers, text)
  } catch {
    // Sent already, or not to be changed: the response is the host's.
  }
}

/** The metric `traceparent` is what browsers' instrumentations look for. Pages of other origins may read it if it is exposed. */
function writeServerTiming(headers: ResponseHeaders, traceparent: string): void {
  const timings = listIn(headers.get('server-timing')).filter((timing) => !timing.startsWith('traceparent;'))
  headers.set('server-timing', [...timings, `traceparent;desc="${traceparent}"`].join(', '))
  const exposed = listIn(headers.get('access-control-expose-headers'))
  if (exposed.some((name) => name === '*' || name.toLowerCase() === 'server-timing')) return
  headers.set('access-control-expose-headers', [...exposed, 'Server-Timing'].join(', '))
}

function listIn(header: string | undefined): string[] {
  if (header === undefined || header === '') return []
  // Quoted text may have commas; without a closing quote, the rest of the header is no quoted text.
  return Array.from(header.matchAll(/(?:[^",]|"[^"]*"|"(?![^"]*"))+/g), ([entry]) => entry.trim())
}

const state = processWide('trace-response-headers', (): { names: readonly TraceResponseHeader[] } => ({ names: [] }))

/** Set when tracing starts, for middleware that is given none. */
export function setDefaultTraceResponseHeaders(names: readonly TraceResponseHeader[]): void {
  state.names = names
}

export function defaultTraceResponseHeaders(): readonly TraceResponseHeader[] {
  return state.names
}
