import { backoffMillis, requestedMillis } from './backoff.js'
import type { Retryable } from '../transport/transport.js'

/** Whether the backend is out, by its last answers, and when to probe next. */
export class CircuitBreaker {
  readonly #random: () => number
  #failures = 0
  #nextProbeAt = 0
  #retryAfterUntil = 0

  constructor(random: () => number) {
    this.#random = random
  }

  get isOpen(): boolean {
    return this.#failures > 0
  }

  get nextProbeAt(): number {
    return this.#nextProbeAt
  }

  /** Until when the backend asked to wait; may be over. */
  get retryAfterUntil(): number {
    return this.#retryAfterUntil
  }

  /** Several attempts that were under way together fail as one; only a probe makes the next wait longer. */
  failed({ retryAfterMillis }: Retryable, wasProbe: boolean, now: number): void {
    const requested = requestedMillis(retryAfterMillis)
    if (requested !== undefined) this.#retryAfterUntil = Math.max(this.#retryAfterUntil, now + requested)
    if (wasProbe || !this.isOpen) {
      this.#failures++
      // Also "come back at once" from a backend that is overloaded must make no busy loop.
      this.#nextProbeAt = now + Math.max(requested ?? 0, this.#backoff())
    }
    this.#nextProbeAt = Math.max(this.#nextProbeAt, this.#retryAfterUntil)
  }

  /** The backend refused a probe. That is no success (a proxy may have said it), and no reason to wait longer either. */
  refused(now: number): void {
    this.#nextProbeAt = Math.max(now + this.#backoff(), this.#retryAfterUntil)
  }

  /** The backend took notice of a probe that was too large for it: half of it may go at once. */
  foundTooLarge(now: number): void {
    this.#nextProbeAt = Math.max(now, this.#retryAfterUntil)
  }

  /** Whether this success ends the outage. One that was under way when the backend asked for a pause does not. */
  succeeded(wasProbe: boolean, now: number): boolean {
    if (!wasProbe && this.#retryAfterUntil > now) return false
    this.#failures = 0
    this.#retryAfterUntil = 0
    return true
  }

  #backoff(): number {
    return backoffMillis(this.#failures, this.#random())
  }
}
