import { SpanStatusCode, type Span } from '@opentelemetry/api'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import { recordErrorOn } from '../../spans/record-error.js'

/** The last error of a request, until its answer shows what became of it. */
export interface RequestOutcome {
  readonly note: (error: unknown) => void
  /** Frameworks answer a thrown error with the status they see fit: one of 4xx is the client's error, and none here. */
  recordError(statusCode: number | undefined): void
}

export function requestOutcome(span: Span): RequestOutcome {
  let noted: { readonly error: unknown } | undefined
  return {
    note(error) {
      noted = { error }
    },
    recordError(statusCode) {
      if (noted && (statusCode === undefined || statusCode >= 500)) recordErrorOn(span, noted.error)
      noted = undefined
    },
  }
}

/** Semantic conventions for HTTP server spans, "Status": 4xx is the client's fault, and no error here. */
export function setStatusCode(span: Span, statusCode: number): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode)
  if (statusCode < 500 || hasErrorType(span)) return
  span.setAttribute(ATTR_ERROR_TYPE, String(statusCode))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** A recorded error has said more than the status does. */
function hasErrorType(span: Span): boolean {
  const { attributes } = span as Span & { readonly attributes?: Readonly<Record<string, unknown>> }
  return attributes?.[ATTR_ERROR_TYPE] !== undefined
}
