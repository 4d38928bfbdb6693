/** gRPC's status codes that are answered here. */
export const GRPC = {
  ok: 0,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** Why a request is not taken: the sentence goes to the sender, and to the page's list of who knocked. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly httpStatus: number
  readonly grpcStatus: number

  constructor(message: string, { http, grpc }: { http: number; grpc: number }) {
    super(message)
    this.httpStatus = http
    this.grpcStatus = grpc
  }
}

/** One kind of request that was refused, and how often. */
export interface RefusedRequests {
  readonly path: string
  readonly reason: string
  readonly count: number
}

const MAX_KINDS = 20

/** Requests that were refused: they explain why nothing arrives. */
export class Refusals {
  readonly #counts = new Map<string, RefusedRequests>()

  add(path: string, reason: string): void {
    const key = `${path} ${reason}`
    const before = this.#counts.get(key)
    if (!before && this.#counts.size >= MAX_KINDS) return
    this.#counts.set(key, { path: path.slice(0, 200), reason: reason.slice(0, 300), count: (before?.count ?? 0) + 1 })
  }

  list(): readonly RefusedRequests[] {
    return [...this.#counts.values()]
  }
}
