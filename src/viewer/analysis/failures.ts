import type { ReceivedEvent, ReceivedSpan } from '../model/received-span.js'
import { numberOf, textOf } from './attributes.js'

export interface RecordedException {
  readonly type: string | undefined
  readonly message: string | undefined
  readonly stack: string | undefined
}

/** The last exception that was recorded on the span: the one that it ended with. */
export function exceptionOf({ events }: ReceivedSpan): RecordedException | undefined {
  const event = events.findLast(isException)
  if (event === undefined) return undefined
  return {
    type: textOf(event.attributes, 'exception.type'),
    message: textOf(event.attributes, 'exception.message'),
    stack: textOf(event.attributes, 'exception.stacktrace'),
  }
}

function isException({ name, attributes }: ReceivedEvent): boolean {
  return name === 'exception' || attributes['exception.type'] !== undefined
}

/** What the span says about its failure, in the fewest words; empty where it says nothing. */
export function failureMessage(span: ReceivedSpan): string {
  const exception = exceptionOf(span)
  const status = httpStatusOf(span)
  return (
    exception?.message ??
    (span.statusMessage === '' ? undefined : span.statusMessage) ??
    exception?.type ??
    (status === undefined ? undefined : String(status)) ??
    textOf(span.attributes, 'error.type') ??
    ''
  )
}

export function httpStatusOf({ attributes }: ReceivedSpan): number | undefined {
  return numberOf(attributes, 'http.response.status_code', 'http.status_code')
}
