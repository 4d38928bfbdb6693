import { isUnreachable, withoutOpenSslNoise, beginningOf } from '../server-text.js'
import { rpcStatusIn } from '../response-body.js'
import type { Redact } from '../../../internal/diagnostics/redact.js'
import { retryable, type Answer } from '../transport.js'

/** The names of gRPC's status codes, by their numbers. */
const GRPC_CODES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** As much of a grpc-js ServiceError as is used. */
export interface CallError {
  readonly code: number
  readonly details: string
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] }
}

/** Specification: OTLP/gRPC, "Failures". A throttled client tries again also without RetryInfo. */
const RETRYABLE: readonly string[] = [
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
]

/** In grpc-js's own words: no connection came about, or it broke. Anything else the server has said. */
const NOT_CONNECTED = /^(No connection established|Name resolution failed)|,[Ww]aiting for [\w ]+$/
const BROKEN = /^(Connection dropped|Call cancelled|(read|write) E[A-Z]+|socket hang up)/
const BROKEN_INSIDE = /^Received RST_STREAM with code (\d+ triggered by internal client error|0 )/

/** `… larger than max (5242880 vs. 4194304)` in Go, C++ and grpc-js, `… exceeds maximum size 4194304: 5242880` in Java. */
const TOO_LARGE = /larger than max(?: \(\d+ vs\.? (\d+)\))?|exceeds maximum size (\d+)/i
/** grpc-js of the answer that it received, and of the request where the server is of grpc-js, too. */
const RECEIVED_TOO_LARGE = 'Received message larger than max'
/** A proxy's own limit, in grpc-js's words. */
const PROXY_TOO_LARGE = /^Received HTTP status code 413$/
/** What compression may add to a request. */
const MOST_ADDED_BYTES = 1_024

interface Call {
  readonly requestBytes: number
  readonly timeoutMillis: number
}

export function answerOfCallError(error: CallError, { requestBytes, timeoutMillis }: Call, redact: Redact): Answer {
  const { code } = error
  const details = beginningOf(error.details)
  const name = GRPC_CODES[code] ?? `code ${code}`
  const words = plainDetails(details, timeoutMillis)
  const reason = `${name}: ${redact(words)}`
  const isBroken = BROKEN.test(details) || BROKEN_INSIDE.test(details)
  const tooLarge = name === 'RESOURCE_EXHAUSTED' ? whatIsTooLarge(details, requestBytes) : undefined
  if (tooLarge === 'request' || PROXY_TOO_LARGE.test(details)) return { kind: 'too-large', reason }
  // The call itself went well, or there would be no answer.
  if (tooLarge === 'answer') return { kind: 'success', rejectedSpans: 0, message: '' }
  if (!RETRYABLE.includes(name) && !BROKEN_INSIDE.test(details)) return { kind: 'permanent', reason }
  const wasConnected = !NOT_CONNECTED.test(details)
  return retryable(reason, {
    isUnreachable: !wasConnected && (details.startsWith('Name') || isUnreachable(words)),
    mayHaveArrived: wasConnected && (isBroken || name === 'DEADLINE_EXCEEDED'),
    retryAfterMillis: retryAfterOf(error),
  })
}

/** Both sides say it in the same words; but a limit that the request keeps to is not about the request. */
function whatIsTooLarge(details: string, requestBytes: number): 'request' | 'answer' | undefined {
  const match = TOO_LARGE.exec(details)
  if (!match) return undefined
  const limit = Number(match[1] ?? match[2] ?? 0)
  if (limit < requestBytes + MOST_ADDED_BYTES) return 'request'
  return details.startsWith(RECEIVED_TOO_LARGE) ? 'answer' : undefined
}

/** Whether the connection is to be given up: no answer came through it, or the server behind it fails. */
export function isConnectionSpent({ code, details }: CallError): boolean {
  const name = GRPC_CODES[code]
  return name === 'DEADLINE_EXCEEDED' || name === 'UNAVAILABLE' || name === 'CANCELLED' || BROKEN_INSIDE.test(details)
}

/**
 * `No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:4317. Resolution note: ` and
 * `Deadline exceeded after 10.0s,LB pick: 0.001s,remote_addr=…` for people.
 */
function plainDetails(details: string, timeoutMillis: number): string {
  const millis = Math.round(timeoutMillis)
  if (details.startsWith('Deadline exceeded after ')) {
    return NOT_CONNECTED.test(details) ? `no connection in ${millis} ms` : `no answer in ${millis} ms`
  }
  const lastError = /^No connection established\. Last error: (?:Error: )?(.*)\. Resolution note:/s.exec(details)?.[1]
  return withoutOpenSslNoise(lastError ?? details).replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '')
}

function retryAfterOf({ metadata }: CallError): number | undefined {
  const details = metadata?.get('grpc-status-details-bin')[0]
  return details instanceof Uint8Array ? rpcStatusIn(details).retryAfterMillis : undefined
}
