import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api'
import {
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions'
import { describeError } from './describe-error.js'

/** The name is fixed by the specification; the conventions' constant for it is not yet stable. */
const EXCEPTION_EVENT = 'exception'

/** An error that is recorded by hand and then thrown on would stand on the span twice. */
const lastRecorded = new WeakMap<Span, unknown>()

/**
 * Records an error that you handle, on the current span: an `exception` event with the error's causes, the status
 * ERROR, and `error.type`. Not needed for errors that leave the function of a {@link withSpan}: it records them.
 *
 * Takes anything that can be thrown. Does nothing outside of a span, and on one that has ended.
 */
export function recordError(error: unknown): void {
  const span = trace.getActiveSpan()
  if (span?.isRecording()) recordErrorOn(span, error)
}

export function recordErrorOn(span: Span, error: unknown): void {
  if (lastRecorded.has(span) && lastRecorded.get(span) === error) return
  lastRecorded.set(span, error)
  const { type, message, stacktrace, errorType } = describeError(error)
  const attributes: Attributes = { [ATTR_EXCEPTION_TYPE]: type }
  if (message !== '') attributes[ATTR_EXCEPTION_MESSAGE] = message
  if (stacktrace !== undefined) attributes[ATTR_EXCEPTION_STACKTRACE] = stacktrace
  span.addEvent(EXCEPTION_EVENT, attributes)
  span.setAttribute(ATTR_ERROR_TYPE, errorType)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
