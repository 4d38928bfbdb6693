import { errorTypeOf } from '../../internal/http/error-type.js'
import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { isGivenUp } from '../http/http-outcomes.js'

interface RequestFailed {
  readonly request: object
  readonly error: unknown
}

interface UndiciInside {
  onError(message: RequestFailed): void
}

/**
 * The instrumentation of undici, with an `error.type` that is a text: upstream takes any `code`, which is a number in the time-out of
 * `AbortSignal.timeout()`, and an error for an object, while a signal's reason can be anything.
 */
export function withTextualErrors(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as UndiciInside
  class TextualErrors extends Class {
    onError({ request, error }: RequestFailed): void {
      const given = isGivenUp(error) ? error : describable(error)
      upstream.onError.call(this, { request, error: given })
    }
  }
  return TextualErrors
}

/** What upstream reads of an error. */
function describable(error: unknown): object {
  const { message = String(error), stack } = (error ?? {}) as Partial<Error>
  const type = errorTypeOf(error)
  return { code: type, name: type, message, ...(stack !== undefined && { stack }) }
}
