import type { ReceivedRequest } from './inbox.js'
import { GRPC } from './refusal.js'

/**
 * How the sink answers a request that it could decode.
 *
 * - `ok`: takes it.
 * - `status`: refuses it. One of the two codes is enough: the other protocol gets its counterpart. With
 *   `retryAfterSeconds` (fractions only over gRPC) or `retryAfterDate` (only over HTTP) it says when to come back, in
 *   the `Retry-After` header or a `RetryInfo` detail.
 * - `page`: a proxy in front of it answers, with an HTML page and, also to gRPC, an HTTP status.
 * - `partialSuccess`: takes all but the last `rejectedSpans`.
 * - `slow`: waits, then does what `then` says (`ok` by default).
 * - `hang`: never answers.
 * - `reset`: resets the connection once the whole request is there, and every other request on it.
 * - `drip`: takes it, and answers a byte every `everyMillis`: over HTTP from the status line on, over gRPC, whose frames
 *   Node.js writes, the bytes of the message.
 * - `half-open`: the connection stays, but from this request on nothing is heard on it, and nothing answered; a new
 *   connection works.
 *
 * Whoever hangs, resets or is deaf may have kept the spans before: `accepted: true`.
 */
export type SinkBehaviour =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'status'
      readonly http?: number
      readonly grpc?: number
      readonly message?: string
      readonly retryAfterSeconds?: number
      readonly retryAfterDate?: Date
    }
  | { readonly kind: 'page'; readonly http: number; readonly html: string }
  | { readonly kind: 'partialSuccess'; readonly rejectedSpans: number; readonly errorMessage?: string }
  | { readonly kind: 'slow'; readonly millis: number; readonly then?: SinkBehaviour }
  | { readonly kind: 'hang'; readonly accepted?: boolean }
  | { readonly kind: 'reset'; readonly accepted?: boolean }
  | { readonly kind: 'drip'; readonly everyMillis: number }
  | { readonly kind: 'half-open'; readonly accepted?: boolean }

/** One behaviour for every request, a queue of them (then `ok` again), or a function of the request. */
export type SinkScript =
  SinkBehaviour | readonly SinkBehaviour[] | ((request: ReceivedRequest) => SinkBehaviour | Promise<SinkBehaviour>)

/** A behaviour that is done now: nothing to wait for. */
export type SinkAnswer = Exclude<SinkBehaviour, { readonly kind: 'slow' }>

export type NextBehaviour = (request: ReceivedRequest) => SinkBehaviour | Promise<SinkBehaviour>

const OK: SinkBehaviour = { kind: 'ok' }

export function behavioursOf(script: SinkScript): NextBehaviour {
  if (typeof script === 'function') return script
  if (!isQueue(script)) return () => script
  const queue = [...script]
  return () => queue.shift() ?? OK
}

function isQueue(script: SinkBehaviour | readonly SinkBehaviour[]): script is readonly SinkBehaviour[] {
  return Array.isArray(script)
}

export function acceptedCount(answer: SinkAnswer, spans: number): number {
  switch (answer.kind) {
    case 'ok':
    case 'drip':
      return spans
    case 'partialSuccess':
      return Math.max(0, spans - answer.rejectedSpans)
    case 'hang':
    case 'reset':
    case 'half-open':
      return answer.accepted === true ? spans : 0
    case 'status':
    case 'page':
      return 0
  }
}

/** Counterparts as OTLP/HTTP and the gRPC mapping of HTTP codes have them. */
const HTTP_FROM_GRPC: Readonly<Record<number, number>> = {
  [GRPC.invalidArgument]: 400,
  [GRPC.deadlineExceeded]: 504,
  [GRPC.permissionDenied]: 403,
  [GRPC.resourceExhausted]: 429,
  [GRPC.unimplemented]: 404,
  [GRPC.unavailable]: 503,
  [GRPC.unauthenticated]: 401,
}

const GRPC_FROM_HTTP: Readonly<Record<number, number>> = {
  400: GRPC.invalidArgument,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.unimplemented,
  429: GRPC.unavailable,
  502: GRPC.unavailable,
  503: GRPC.unavailable,
  504: GRPC.unavailable,
}

export function statusCodes({ http, grpc }: { readonly http?: number; readonly grpc?: number }): {
  http: number
  grpc: number
} {
  return {
    http: http ?? HTTP_FROM_GRPC[grpc ?? GRPC.unknown] ?? 500,
    grpc: grpc ?? GRPC_FROM_HTTP[http ?? 500] ?? GRPC.unknown,
  }
}
