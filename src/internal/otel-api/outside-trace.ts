import {
  createContextKey,
  isSpanContextValid,
  trace,
  type Attributes,
  type Context,
  type Link,
  type SpanContext,
} from '@opentelemetry/api'

const OUTSIDE_TRACE = createContextKey('spanwright.outside-trace')

/** On the link, so that readers know why the caller's trace does not go on. */
const UNTRUSTED: Attributes = Object.freeze({ 'spanwright.link.reason': 'untrusted caller' })

/**
 * The context with a link to the trace of a caller who is not trusted, for the trace that starts there. It is without the caller's
 * `tracestate`, which is a stranger's text. Undefined: there is none, and none of an earlier caller stays.
 */
export function withOutsideTrace(context: Context, caller: SpanContext | undefined): Context {
  if (caller === undefined || !isSpanContextValid(caller)) {
    return context.getValue(OUTSIDE_TRACE) === undefined ? context : context.deleteValue(OUTSIDE_TRACE)
  }
  const { traceId, spanId, traceFlags } = caller
  const link: Link = { context: { traceId, spanId, traceFlags, isRemote: true }, attributes: UNTRUSTED }
  return context.setValue(OUTSIDE_TRACE, link)
}

export function outsideLink(context: Context): Link | undefined {
  return context.getValue(OUTSIDE_TRACE) as Link | undefined
}

/** A link to who has sent what a context was extracted from, trusted or not; none where there was no valid trace. */
export function linksToSender(extracted: Context, attributes?: Attributes): Link[] {
  const sender = trace.getSpanContext(extracted)
  const link = sender && isSpanContextValid(sender) ? { context: sender } : outsideLink(extracted)
  if (!link) return []
  return [attributes === undefined ? link : { ...link, attributes: { ...link.attributes, ...attributes } }]
}
