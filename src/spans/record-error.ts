import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api'
import {
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions'
import { inspect } from 'node:util'
import { classOf, errorTypeOf, cut, hasProperties } from '../internal/http/error-type.js'
import { isInstanceOf, safeGet } from '../internal/checks/safe-get.js'

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

const LONGEST_MESSAGE = 2_048
const LONGEST_STACKTRACE = 16_384
const DEEPEST_CAUSE = 8
const MOST_ERRORS = 24

export interface ErrorDescription {
  /** The class of the error, such as `TypeError`. */
  readonly type: string
  readonly message: string
  /** The stack, followed by those of its causes; undefined when there is none. */
  readonly stacktrace: string | undefined
  /** What to group errors by: a code such as `ECONNREFUSED` where the error has one, its class otherwise. */
  readonly errorType: string
}

/** Describes anything that can be thrown. Bounded in size and depth; getters that throw and cycles do no harm. */
export function describeError(error: unknown): ErrorDescription {
  const type = classOf(error)
  return { type, message: errorMessage(error), stacktrace: stacktraceOf(error), errorType: errorTypeOf(error) }
}

function errorMessage(error: unknown): string {
  const message = safeGet(error, 'message')
  if (typeof message === 'string') return cut(message, LONGEST_MESSAGE)
  if (isError(error)) return ''
  return cut(typeof error === 'string' ? error : inspected(error), LONGEST_MESSAGE)
}

/** Neither getters nor custom inspectors run: the value is not ours. */
function inspected(value: unknown): string {
  try {
    return inspect(value, {
      depth: 1,
      customInspect: false,
      maxArrayLength: 10,
      maxStringLength: 256,
      breakLength: 120,
    })
  } catch {
    return typeof value
  }
}

function stacktraceOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined
  const parts: string[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, label: string, depth: number): void => {
    if (parts.length >= MOST_ERRORS) return
    if (seen.has(value)) {
      parts.push(`${label}[circular]`)
      return
    }
    if (hasProperties(value)) seen.add(value)
    parts.push(label + headOf(value))
    if (depth >= DEEPEST_CAUSE) return
    const cause = safeGet(value, 'cause')
    if (cause !== undefined && cause !== null) visit(cause, 'Caused by: ', depth + 1)
    errorsOf(value).forEach((inner, index) => visit(inner, `Error ${index + 1}: `, depth + 1))
  }
  visit(error, '', 0)
  return cut(parts.join('\n'), LONGEST_STACKTRACE)
}

function headOf(value: unknown): string {
  const stack = safeGet(value, 'stack')
  return typeof stack === 'string' && stack !== '' ? stack : `${classOf(value)}: ${errorMessage(value)}`
}

/** An AggregateError's. Elsewhere `errors` often holds plain objects (validation issues), which say nothing here. */
function errorsOf(value: unknown): unknown[] {
  const errors = safeGet(value, 'errors')
  if (!Array.isArray(errors)) return []
  return Array.from({ length: Math.min(errors.length, MOST_ERRORS) }, (_, index) => safeGet(errors, index)).filter(
    isError,
  )
}

/** An error of another realm (node:vm, test runners) is no instance of ours, but has a stack. */
function isError(value: unknown): boolean {
  return typeof safeGet(value, 'stack') === 'string' || isInstanceOf(value, Error)
}
