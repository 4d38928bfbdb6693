import { SpanKind, SpanStatusCode, type Attributes, type HrTime, type Span } from '@opentelemetry/api'
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorTypeOf } from '../../internal/http/error-type.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { interruptionOf, setInterruption, type OtherResponse } from '../http-server/interruption.js'
import type { HttpInstrumentationInside } from './http-upstream.js'

/**
 * The instrumentation of http, with spans that show how a request ended. Upstream takes the status that would have been sent for one
 * that was, groups the errors of the operating system as `Error`, and calls it an error when the app gives up a request.
 */
export function withOutcomes(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as HttpInstrumentationInside
  return class extends Class {
    _onServerResponseFinish(
      request: IncomingMessage,
      response: ServerResponse | OtherResponse,
      ...[span, metrics, start]: [Span, Attributes, HrTime]
    ): void {
      const interruption = interruptionOf(request, response)
      const { headersToSpanAttributes } = (this as unknown as HttpInstrumentationInside).getConfig()
      let sent = headersToSpanAttributes?.server?.responseHeaders?.length ? withSentHeaders(response) : response
      if (interruption) {
        setInterruption(span, interruption)
        metrics[ATTR_ERROR_TYPE] = interruption.errorType
        sent = Object.create(sent, { statusCode: { value: interruption.statusCode } }) as ServerResponse
      }
      upstream._onServerResponseFinish.call(this as never, request, sent, span, metrics, start)
    }

    _onServerResponseError(span: Span, metrics: Attributes, start: HrTime, error: unknown): void {
      fail(this as never, SpanKind.SERVER, { span, metrics, start }, error)
    }

    _onOutgoingRequestError(span: Span, metrics: Attributes, start: HrTime, error: unknown): void {
      const inside = this as unknown as HttpInstrumentationInside
      if (isGivenUp(error)) inside._closeHttpSpan(span, SpanKind.CLIENT, start, metrics)
      else fail(inside, SpanKind.CLIENT, { span, metrics, start }, reasonOf(error))
    }
  }
}

/** Node.js remembers headers of `writeHead` nowhere else than in what it has sent; and numbers are numbers before that. */
function withSentHeaders(response: ServerResponse | OtherResponse): ServerResponse | OtherResponse {
  const { _header: sent } = response as { _header?: string | null }
  if (typeof sent !== 'string') return response
  const lines = sent.split('\r\n').map((line) => line.split(/: *(.*)/s, 2))
  const getHeader = (name: string): string[] | undefined => {
    const values = lines.flatMap(([key = '', value = '']) => (key.toLowerCase() === name ? value : []))
    return values.length > 0 ? values : undefined
  }
  return Object.create(response, { getHeader: { value: getHeader } }) as ServerResponse
}

interface OpenSpan {
  readonly span: Span
  readonly metrics: Attributes
  readonly start: HrTime
}

function fail(
  inside: HttpInstrumentationInside,
  kind: SpanKind,
  { span, metrics, start }: OpenSpan,
  error: unknown,
): void {
  metrics[ATTR_ERROR_TYPE] = errorTypeOf(error)
  if (span.isRecording()) setError(span, error)
  inside._closeHttpSpan(span, kind, start, metrics)
}

/** Anything can be thrown. */
export function setError(span: Span, error: unknown): void {
  const { message } = (error ?? {}) as Error
  span.setAttribute(ATTR_ERROR_TYPE, errorTypeOf(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  span.recordException(error as Error)
}

/** Semantic conventions for HTTP client spans: what the caller has cancelled on purpose is no error. A time-out is one. */
export function isGivenUp(error: unknown): boolean {
  return nameOf(error) === 'AbortError' && !timeoutIn(error)
}

/** What to show of an error of a request. */
export const reasonOf = (error: unknown): unknown => timeoutIn(error) ?? error

/** Of `AbortSignal.timeout()`, which Node.js reports as an abort. */
const timeoutIn = (error: unknown): unknown => {
  const cause = (error as Error | null | undefined)?.cause
  return nameOf(cause) === 'TimeoutError' ? cause : undefined
}

const nameOf = (error: unknown): unknown => (error as Error | null | undefined)?.name
