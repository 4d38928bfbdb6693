import type { Span } from '@opentelemetry/api'
import { writeTraceResponseHeaders, type TraceResponseHeader } from '../propagation/response-headers.js'

interface HttpResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly multiValueHeaders?: Readonly<Record<string, unknown>>
}

/** What the caller is answered with; undefined where the result does not say. */
export function statusOf(result: unknown): number | undefined {
  const { statusCode } = (result ?? {}) as { readonly statusCode?: unknown }
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode
  return Number.isInteger(status) ? (status as number) : undefined
}

/** A copy with the headers, or the result itself where there are none to write. */
export function withTraceHeaders(result: unknown, span: Span, names: readonly TraceResponseHeader[]): unknown {
  if (names.length === 0 || typeof result !== 'object' || statusOf(result) === undefined) return result
  const { headers, multiValueHeaders } = result as HttpResult
  // Load balancers with multi-value headers look at nothing else.
  const key = headers === undefined && multiValueHeaders !== undefined ? 'multiValueHeaders' : 'headers'
  const copy: Record<string, unknown> = { ...(key === 'headers' ? headers : multiValueHeaders) }
  const keyOf = (name: string): string => Object.keys(copy).find((one) => one.toLowerCase() === name) ?? name
  writeTraceResponseHeaders(
    {
      get(name) {
        const value = copy[keyOf(name)]
        return value === undefined ? undefined : [value].flat().map(String).join(', ')
      },
      set(name, value) {
        copy[keyOf(name)] = key === 'headers' ? value : [value]
      },
    },
    span.spanContext(),
    names,
  )
  return { ...result, [key]: copy }
}
