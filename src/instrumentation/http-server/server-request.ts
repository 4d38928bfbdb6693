import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { RPCType, setRPCMetadata, type RPCMetadata } from '@opentelemetry/core'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions'
import { errorMonitor } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { contextWithSpan } from '../../internal/otel-api/context-with-span.js'
import type { ResponseHook } from '../http/http-hooks.js'
import { noteRequest } from '../../internal/http/served-request.js'
import { setError } from '../http/http-outcomes.js'
import { afterClose } from './after-close.js'
import { bindListeners } from './bound-listeners.js'
import { interruptionOf, setInterruption } from './interruption.js'

/** A request, and what is known of it when it arrives. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly attributes: Attributes
  readonly onResponse: ResponseHook | undefined
}

/** A request that has its span. */
export interface TracedRequest {
  /** The context to handle it in. */
  readonly active: Context
  /** Ends the span with what the handler has thrown. */
  fail(error: unknown): void
}

/**
 * Starts the span of a request, which ends with the response. To call the handler is up to who calls this: each function between
 * would be in the stacks that the app prints.
 */
export function traceRequest(tracer: Tracer, { request, response, attributes, onResponse }: Arrival): TracedRequest {
  const method = request.method ?? 'GET'
  const extracted = propagation.extract(ROOT_CONTEXT, request.headers)
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, extracted)
  const metadata: RPCMetadata = { type: RPCType.HTTP, span }
  noteRequest(metadata, request)
  const active = contextWithSpan(setRPCMetadata(extracted, metadata), span)
  let hasEnded = false
  const fail = (error: unknown): void => {
    if (hasEnded) return
    hasEnded = true
    setError(span, error)
    span.end()
  }
  const close = (): void => {
    if (hasEnded) return
    hasEnded = true
    const interruption = response.writableFinished ? undefined : interruptionOf(request, response)
    if (interruption) setInterruption(span, interruption)
    else setOutcome(span, response.statusCode)
    // Instrumentation of frameworks leaves the route there.
    if (metadata.route !== undefined) span.setAttribute(ATTR_HTTP_ROUTE, metadata.route)
    if (metadata.route) span.updateName(`${method} ${metadata.route}`)
    afterClose(response, () => context.with(active, () => span.end()))
  }
  // Processors find the span active when it ends.
  response.on('close', () => context.with(active, close))
  const failInContext = (error: unknown): void => context.with(active, fail, undefined, error)
  response.on(errorMonitor, failInContext)
  bindListeners(request, active)
  bindListeners(response, active)
  if (onResponse) context.with(active, onResponse, undefined, span, response)
  return { active, fail: failInContext }
}

function setOutcome(span: Span, status: number): void {
  const isFine = status >= 100 && status < 500
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
  span.setStatus({ code: isFine ? SpanStatusCode.UNSET : SpanStatusCode.ERROR })
  if (status >= 500 && status < 600) span.setAttribute(ATTR_ERROR_TYPE, String(status))
}
