import { context } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { withHttpSpan } from './http-span.js'

/**
 * `fetch` in a CLIENT span of its own, with the trace context in the request's headers; takes and gives what the global
 * `fetch` does. A status of 400 or more sets the status ERROR; an abort by the request's own signal does not. The span
 * ends when the response's headers have come, before its body is read.
 *
 * There is one span a call, also where `fetch` is instrumented: the instrumentation is kept quiet during the call.
 * With instrumentation the plain `fetch` does the same; this is for code that must not depend on it.
 */
export const tracedFetch: typeof fetch = (...[resource, options]: Parameters<typeof fetch>) => {
  // Another request may serve as the options: its values are getters, which a copy would lose.
  const [input, init] = options instanceof Request ? [new Request(resource, options), undefined] : [resource, options]
  const request = input instanceof Request ? input : undefined
  return withHttpSpan(
    {
      method: fetchMethod(init?.method ?? request?.method ?? 'GET'),
      url: input instanceof Request ? input.url : input,
      signal: init?.signal ?? request?.signal,
    },
    // Async, so that headers which cannot be read reject as they do in `fetch`.
    async (_span, traceHeaders) => {
      // Headers in the options replace a Request's, they are not merged: that is how `fetch` reads them.
      const headers = new Headers(init?.headers ?? request?.headers)
      for (const [name, value] of Object.entries(traceHeaders)) {
        if (!headers.has(name)) headers.set(name, value)
      }
      return context.with(suppressTracing(context.active()), () => fetch(input, { ...init, headers }))
    },
  )
}

/** `fetch` itself makes these five upper-case, so the server never sees another form. */
function fetchMethod(method: string): string {
  return /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
}
