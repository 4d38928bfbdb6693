import type { ComeAgain } from './transport.js'

/** An attempt that failed on the way; the server named no time to come back. */
export function comeAgain(
  reason: string,
  { isUnreachable = false, mayHaveArrived = false }: Partial<Pick<ComeAgain, 'isUnreachable' | 'mayHaveArrived'>> = {},
): ComeAgain {
  return { kind: 'come-again', reason, retryAfterMillis: undefined, isUnreachable, mayHaveArrived }
}
