import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { retryable, type Answer, type Transport } from '../transport/transport.js'

/** So much later than promised a transport may answer. */
const GRACE_MILLIS = 1_000

/**
 * One attempt, which always ends with one answer, later than now: an attempt that never ended would keep its place, and
 * its spans, for ever. Returns a function that abandons it.
 */
export function attempt(
  { transport, timeoutMillis }: { transport: Transport; timeoutMillis: number },
  bytes: Uint8Array,
  onAnswer: (answer: Answer) => void,
): () => void {
  let isOver = false
  const end = (answer?: Answer): void => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    if (answer) onAnswer(answer)
  }
  const timer = setTimeout(() => end(retryable('no answer', { mayHaveArrived: true })), timeoutMillis + GRACE_MILLIS)
  timer.unref()
  new Promise<Answer>((resolve) => {
    resolve(transport.send(bytes, timeoutMillis))
  }).then(end, (error: unknown) => end(retryable(messageOf(error), { mayHaveArrived: true })))
  return end
}
