import type { Attempt } from './attempts.js'
import type { DeliveryEvent } from './events.js'
import type { Flushes } from './flushes.js'
import type { OutageBuffer } from './outage-buffer.js'
import type { CircuitBreaker } from './circuit-breaker.js'
import type { QueuedBatch } from './queued-batch.js'
import type { Success, Answer, Retryable } from '../transport/transport.js'
import type { BatchQueues } from './batch-queues.js'

interface SendResultsParts {
  readonly endpoint: string
  readonly queues: BatchQueues
  readonly buffer: OutageBuffer
  readonly breaker: CircuitBreaker
  readonly flushes: Flushes
  readonly report: (event: DeliveryEvent) => void
}

/** Delay before a batch that failed is sent again while others succeed. */
const PAUSE_MILLIS = 1_000
const PAUSE_IN_FLUSH_MILLIS = 100

/** nginx takes 1 MiB by default, and gRPC servers 4 MiB. */
const LARGEST_BYTES = 1_024 * 1_024
/** What is refused below this size is so for its spans, and halved by itself: smaller requests would cost more than they save. */
const SMALLEST_BYTES = 64 * 1_024

/** What an answer means: for its batch, for the circuit breaker, for flushes, and for the events. */
export class SendResults {
  readonly #parts: SendResultsParts
  #hasFailed = false
  /** How large a request of several spans may be, for all that the backend has said. */
  #mostBytes = LARGEST_BYTES

  constructor(parts: SendResultsParts) {
    this.#parts = parts
  }

  onAnswer(attempt: Attempt, answer: Answer, now: number): void {
    if (answer.kind === 'success') this.#success(attempt, answer, now)
    else if (answer.kind === 'too-large') this.#tooLarge(attempt, answer.reason, now)
    else if (answer.kind === 'permanent') this.#permanent(attempt, answer.reason, now)
    else this.#retryable(attempt, answer, now)
  }

  /** Halves a request of the size that the backend has refused before. It must have its bytes. */
  splitIfTooLarge(queued: QueuedBatch): boolean {
    return (queued.bytes?.byteLength ?? 0) > this.#mostBytes && this.#parts.buffer.split(queued)
  }

  /** The spool does not have it any more; or can't read it now, and then it is there for another process. */
  onUnreadable(queued: QueuedBatch): void {
    if (this.#parts.buffer.isInSpool(queued)) {
      this.#parts.buffer.leaveInSpool(queued)
      return
    }
    const { id, spans } = queued
    const reason = 'its file in the spool could not be read'
    if (id !== undefined)
      this.#parts.report({ kind: 'settled', id, exported: 0, failed: spans, reason, lostInSpool: true })
    queued.entry = undefined
    this.#parts.buffer.forget(queued)
  }

  #success({ queued, isProbe }: Attempt, { rejectedSpans, message }: Success, now: number): void {
    const { breaker, flushes, queues } = this.#parts
    this.#parts.buffer.arrived(queued)
    const failed = rejectedSpans > 0 ? Math.min(rejectedSpans, queued.spans) : 0
    this.#settle(queued, failed, message)
    if (breaker.isOpen && breaker.succeeded(isProbe, now) && isProbe) queues.release()
    flushes.answered(now)
    if (breaker.isOpen || !this.#hasFailed) return
    this.#hasFailed = false
    this.#parts.report({ kind: 'recovered', endpoint: this.#parts.endpoint, toSendAgain: queues.toSendAgain })
  }

  #tooLarge(attempt: Attempt, reason: string, now: number): void {
    const { breaker, flushes, buffer } = this.#parts
    const { bytes } = attempt.queued
    // Parked in the spool while this attempt was under way: the next attempt splits it.
    if (!bytes) return
    this.#mostBytes = Math.min(this.#mostBytes, Math.max(SMALLEST_BYTES, Math.floor(bytes.byteLength / 2)))
    // One span that is too large alone is no failure of the backend.
    if (!buffer.split(attempt.queued)) this.#settle(attempt.queued, attempt.queued.spans, reason)
    if (breaker.isOpen && attempt.isProbe) breaker.foundTooLarge(now)
    flushes.answered(now)
  }

  #permanent({ queued, isProbe }: Attempt, reason: string, now: number): void {
    const { breaker, flushes } = this.#parts
    this.#settle(queued, queued.spans, reason)
    if (breaker.isOpen && isProbe) breaker.refused(now)
    flushes.answered(now)
    this.#attemptFailed(reason)
  }

  #retryable({ queued, isProbe }: Attempt, answer: Retryable, now: number): void {
    const { breaker, flushes, buffer } = this.#parts
    breaker.failed(answer, isProbe, now)
    flushes.failed(answer, now)
    queued.again ||= answer.mayHaveArrived
    // Without bytes it has been parked in the spool while this attempt was under way.
    if (queued.bytes) buffer.putBack(queued, now + (flushes.isAny ? PAUSE_IN_FLUSH_MILLIS : PAUSE_MILLIS))
    buffer.spoolAll()
    this.#attemptFailed(answer.reason)
  }

  #settle(queued: QueuedBatch, failed: number, reason: string): void {
    const { id, spans } = queued
    if (id !== undefined) this.#parts.report({ kind: 'settled', id, exported: spans - failed, failed, reason })
    else if (failed > 0) this.#parts.report({ kind: 'adopted-failed', spans: failed, reason })
    this.#parts.buffer.forget(queued)
  }

  #attemptFailed(reason: string): void {
    this.#hasFailed = true
    this.#parts.report({ kind: 'attempt-failed', endpoint: this.#parts.endpoint, reason })
  }
}
