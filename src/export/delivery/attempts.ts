import type { QueuedBatch } from './queued-batch.js'
import { type Answer, type Transport, retryable } from '../transport/transport.js'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'

export interface Attempt {
  readonly queued: QueuedBatch
  /** Begun during an outage, to see whether it is over. */
  readonly isProbe: boolean
}

interface AttemptsParts {
  readonly transport: Transport
  readonly attemptTimeoutMillis: number
}

/** What is being sent. */
export class Attempts {
  readonly #parts: AttemptsParts
  readonly #onAnswer: (attempt: Attempt, answer: Answer) => void
  readonly #abandon = new Map<QueuedBatch, () => void>()
  #deadline = Infinity

  constructor(parts: AttemptsParts, onAnswer: (attempt: Attempt, answer: Answer) => void) {
    this.#parts = parts
    this.#onAnswer = onAnswer
  }

  get count(): number {
    return this.#abandon.size
  }

  get batches(): readonly QueuedBatch[] {
    return [...this.#abandon.keys()]
  }

  /** The batch must have its bytes. */
  begin(queued: QueuedBatch, isProbe: boolean, now: number): void {
    const { transport, attemptTimeoutMillis } = this.#parts
    const timeoutMillis = Math.max(1, Math.min(attemptTimeoutMillis, this.#deadline - now))
    const abandon = attempt({ transport, timeoutMillis }, queued.bytes ?? new Uint8Array(), (answer) => {
      this.#abandon.delete(queued)
      this.#onAnswer({ queued, isProbe }, answer)
    })
    this.#abandon.set(queued, abandon)
  }

  /** Attempts that begin from now on end by then. */
  endBy(deadline: number): void {
    this.#deadline = Math.min(this.#deadline, deadline)
  }

  abandonAll(): void {
    for (const abandon of this.#abandon.values()) abandon()
    this.#abandon.clear()
  }
}

/** How much later than its time-out a transport may answer. */
const GRACE_MILLIS = 1_000

/**
 * One attempt, which always ends with one answer, later than now: an attempt that never ended would keep its place, and
 * its spans, for ever. Returns a function that abandons it.
 */
function attempt(
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
