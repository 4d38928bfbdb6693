import { context, type Span } from '@opentelemetry/api'
import { getRPCMetadata, RPCType, type RPCMetadata } from '@opentelemetry/core'

/*
 * Contexts are inherited: a handler that dispatches another request in its own process (Fastify's `inject`, an Express app that is
 * called as a function) runs it in the context of the first. So the RPC metadata of a server span hold the request that it is of.
 */

// Shared by all copies of this package in a process.
const REQUEST = Symbol.for('spanwright.served-request')

type Metadata = RPCMetadata & { [REQUEST]?: object | undefined }

/** Notes that the span of the metadata is this request's. */
export function noteRequest(metadata: RPCMetadata, request: object): void {
  ;(metadata as Metadata)[REQUEST] = request
}

/** Whether the span of the metadata is this request's. Where none was noted, it is the first one that is asked for. */
export function isOfRequest(metadata: RPCMetadata, request: object): boolean {
  return isSame(((metadata as Metadata)[REQUEST] ??= request), request)
}

/** The metadata of the HTTP request that is being handled in the active context, whichever it is. */
export function activeHttpMetadata(): RPCMetadata | undefined {
  const metadata = getRPCMetadata(context.active())
  // Upstream's type knows no other kind yet.
  return (metadata?.type as unknown) === RPCType.HTTP ? metadata : undefined
}

const requestsOfSpans = new WeakMap<Span, object>()

/** The same for a span without metadata, such as a framework's own. */
export function isSpanOfRequest(span: Span, request: object): boolean {
  const known = requestsOfSpans.get(span)
  if (known === undefined) requestsOfSpans.set(span, request)
  return known === undefined || isSame(known, request)
}

/** Apps hand on objects that inherit from the request. */
function isSame(known: object, request: object): boolean {
  return known === request || Object.prototype.isPrototypeOf.call(known, request)
}
