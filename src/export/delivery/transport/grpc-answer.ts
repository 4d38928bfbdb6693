import { comeAgain } from './come-again.js'
import { GRPC_CODES } from './grpc-codes.js'
import { isUnreachable, withoutOpenSslNoise } from './network-error.js'
import { rpcStatusIn } from './rpc-status.js'
import type { Wording } from './server-words.js'
import type { Answer } from './transport.js'

/** As much of a grpc-js ServiceError as is used. */
export interface CallError {
  readonly code: number
  readonly details: string
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] }
}

/** Specification: OTLP/gRPC, "Failures". A throttled client comes again also where it was not told when. */
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

export function answerOfCallError(error: CallError, timeoutMillis: number, wording: Wording): Answer {
  const { code, details } = error
  const name = GRPC_CODES[code] ?? `code ${code}`
  const reason = `${name}: ${wording(plainDetails(details, timeoutMillis))}`
  const isBroken = BROKEN.test(details) || BROKEN_INSIDE.test(details)
  const isTooLarge = name === 'RESOURCE_EXHAUSTED' && /larger than max/i.test(details)
  if ((!RETRYABLE.includes(name) && !BROKEN_INSIDE.test(details)) || isTooLarge) return { kind: 'refused', reason }
  const wasConnected = !NOT_CONNECTED.test(details)
  return {
    ...comeAgain(reason, {
      isUnreachable: !wasConnected && (details.startsWith('Name') || isUnreachable(reason)),
      mayHaveArrived: wasConnected && (isBroken || name === 'DEADLINE_EXCEEDED'),
    }),
    retryAfterMillis: retryAfterOf(error),
  }
}

/** Whether the connection is to be given up: no answer came through it, or the server behind it is in trouble. */
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
