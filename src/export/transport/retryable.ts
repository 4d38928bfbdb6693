import type { Retryable } from './transport.js'

/** An attempt that failed on the way; the server named no time to come back. */
export function retryable(
  reason: string,
  { isUnreachable = false, mayHaveArrived = false }: Partial<Pick<Retryable, 'isUnreachable' | 'mayHaveArrived'>> = {},
): Retryable {
  return { kind: 'retryable', reason, retryAfterMillis: undefined, isUnreachable, mayHaveArrived }
}
