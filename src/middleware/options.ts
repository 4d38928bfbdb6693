import { safely } from '../internal/diagnostics/diagnostics.js'
import { checkFunction, checkKeys, checkPlainObject } from '../internal/checks/validate.js'
import { checkTraceResponseHeaders, type TraceResponseHeader } from '../propagation/response-headers.js'

/** Options that all middleware takes. `Request` is the framework's own. */
export interface MiddlewareOptions<Request> {
  /** Requests that are left alone, such as health checks; they then have no span and no context of ours. Default: none. */
  readonly ignore?: ((request: Request) => boolean) | undefined
  /** Headers that name the trace to the caller. Default: `traceResponseHeaders` of `startTracing`, else none. */
  readonly traceResponseHeaders?: readonly TraceResponseHeader[] | undefined
}

/** @throws TracingConfigError when an option is wrong */
export function checkMiddlewareOptions<Request>(
  options: MiddlewareOptions<Request>,
  others: readonly string[] = [],
): void {
  checkPlainObject('options', options)
  checkKeys('', options, ['ignore', 'traceResponseHeaders', ...others])
  checkFunction('ignore', options.ignore)
  checkTraceResponseHeaders('traceResponseHeaders', options.traceResponseHeaders)
}

/** The result of `ignore`; a request that it fails on is not ignored. */
export function isIgnored<Request>({ ignore }: MiddlewareOptions<Request>, request: Request): boolean {
  return ignore !== undefined && Boolean(safely('ignore failed; the request is traced', () => ignore(request)))
}
