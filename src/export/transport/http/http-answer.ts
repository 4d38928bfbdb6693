import type { IncomingHttpHeaders } from 'node:http'
import type { HttpExchange, HttpResponse } from './http-exchange.js'
import { isUnreachable, networkErrorWords, beginningOf } from '../server-text.js'
import { partialSuccessIn, partialSuccessInJson, rpcStatusIn, rpcStatusMessageInJson } from '../response-body.js'
import type { Redact } from '../../../internal/diagnostics/redact.js'
import { retryable, type Answer } from '../transport.js'

/** Specification: OTLP/HTTP, "Failures". */
const RETRYABLE: readonly number[] = [429, 502, 503, 504]

/** A collector whose `max_request_body_size` is exceeded answers 400, in the words of Go's `http.MaxBytesReader`. */
const TOO_LARGE = /\b(body|entity|payload|request) too large\b/i

export function answerOf(exchange: HttpExchange, redact: Redact): Answer {
  if (exchange.kind === 'response') return answerOfResponse(exchange, redact)
  const words = networkErrorWords(exchange.error)
  const nobodyThere = isUnreachable(words)
  // Under TLS a client that is turned away has sent everything by then, but it was not read.
  return retryable(redact(words), { isUnreachable: nobodyThere, mayHaveArrived: exchange.isSent && !nobodyThere })
}

function answerOfResponse(response: HttpResponse, redact: Redact): Answer {
  const { status, statusText, headers, body } = response
  if (status >= 200 && status <= 299 && isPage(response)) {
    return { kind: 'permanent', reason: `HTTP ${status} ${redact(statusText)}, but a web page (text/html)` }
  }
  if (status >= 200 && status <= 299) {
    const partial = isJson(response) ? partialSuccessInJson(body) : partialSuccessIn(body)
    return { kind: 'success', rejectedSpans: partial.rejectedSpans, message: redact(partial.message) }
  }
  const words = beginningOf(wordsIn(response))
  const reason = [`HTTP ${status} ${redact(statusText)}`.trim(), redact(words)].filter(Boolean).join(': ')
  if (status === 413 || (status === 400 && TOO_LARGE.test(words))) return { kind: 'too-large', reason }
  if (!RETRYABLE.includes(status)) return { kind: 'permanent', reason }
  return retryable(reason, { retryAfterMillis: retryAfterMillis(headers) })
}

/** Backends answer with a google.rpc.Status, proxies with text or a page. */
function wordsIn(response: HttpResponse): string {
  const { headers, body } = response
  const contentType = headers['content-type'] ?? ''
  if (contentType.includes('protobuf')) return rpcStatusIn(body).message
  if (isJson(response)) return rpcStatusMessageInJson(body)
  const text = beginningOf(new TextDecoder().decode(body))
  return isPage(response) ? text.replace(/<[^>]*>/g, ' ') : text
}

/** What answers there is no OTLP receiver. */
function isPage({ headers }: HttpResponse): boolean {
  return (headers['content-type'] ?? '').includes('html')
}

function isJson({ headers }: HttpResponse): boolean {
  return (headers['content-type'] ?? '').includes('json')
}

/**
 * When the server wants to be asked again, by its `Retry-After`: seconds, or a date. The date is read by the server's own
 * clock, so that it does not matter whether ours is right.
 */
function retryAfterMillis(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after']?.trim()
  if (value === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000
  const millis = Date.parse(value) - Date.parse(headers.date ?? '')
  return Number.isNaN(millis) ? undefined : Math.max(0, millis)
}
