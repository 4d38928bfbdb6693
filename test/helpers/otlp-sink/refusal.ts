/** Why a request can't be taken, and what a real server would answer to it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly httpStatus: number
  readonly grpcStatus: number

  constructor(reason: string, { httpStatus, grpcStatus }: { httpStatus: number; grpcStatus: number }) {
    super(reason)
    this.httpStatus = httpStatus
    this.grpcStatus = grpcStatus
  }
}

/** The gRPC status codes that the sink itself gives. */
export const GRPC = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** The request's bytes are not the message that they should be. grpc-go says INTERNAL here, OTLP/HTTP asks for 400. */
export function undecodable(reason: string): Refusal {
  return new Refusal(reason, { httpStatus: 400, grpcStatus: GRPC.internal })
}

/** The request's body could not be read to its end. */
export function truncated(error: unknown): never {
  throw undecodable(`the request broke off: ${error instanceof Error ? error.message : String(error)}`)
}
