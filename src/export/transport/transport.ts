/** One way to a backend. */
export interface Transport {
  /** For messages to people: no user name, password or query in it. */
  readonly endpoint: string
  /**
   * One attempt, without any repetition. Never throws, never rejects, and settles at the latest when the time is up, also
   * where the backend hangs or answers a byte at a time.
   */
  send(bytes: Uint8Array, timeoutMillis: number): Promise<Answer>
  /** Whether the memory of a request that is answered may still be read, as where the answer came before all of it was sent. */
  isReading(bytes: Uint8Array): boolean
  /** Closes idle connections; attempts under way are abandoned. */
  close(): void
}

export type Answer = Success | Retryable | TooLarge | Permanent

/** The backend has the spans, except for those that it rejected (OTLP's partial success): they are not sent again. */
export interface Success {
  readonly kind: 'success'
  readonly rejectedSpans: number
  /** What the backend said about it; empty as a rule. */
  readonly message: string
}

/** The backend does not have the spans, or did not say so; another attempt may succeed. */
export interface Retryable {
  readonly kind: 'retryable'
  /** In words, from the server where it said something; no headers, no tokens. */
  readonly reason: string
  /** Where the backend said how long to wait. */
  readonly retryAfterMillis: number | undefined
  /** No server was reached (refused, no such host, no TLS): a process that ends need not try again. */
  readonly isUnreachable: boolean
  /** The whole request may have arrived and only the acknowledgement was lost: another attempt sends the spans twice. */
  readonly mayHaveArrived: boolean
}

/** The backend takes no request of this size: half of it may do. */
export interface TooLarge {
  readonly kind: 'too-large'
  readonly reason: string
}

/** The backend will never take this request. */
export interface Permanent {
  readonly kind: 'permanent'
  readonly reason: string
}

/** An attempt that failed on the way. */
export function retryable(reason: string, more: Partial<Omit<Retryable, 'kind' | 'reason'>> = {}): Retryable {
  return {
    kind: 'retryable',
    reason,
    retryAfterMillis: undefined,
    isUnreachable: false,
    mayHaveArrived: false,
    ...more,
  }
}
