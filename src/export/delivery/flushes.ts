import { flushBackoffMillis } from './backoff.js'
import type { CircuitBreaker } from './circuit-breaker.js'
import type { Retryable } from '../transport/transport.js'

interface Flush {
  /** The batches up to this one, and how many of them are not settled. Later ones would keep a flush from ending. */
  readonly upToId: number
  left: number
  readonly untilQuiet: boolean
  readonly deadline: number
  failures: number
  /** When it wants a probe, in an outage; Infinity: there is nothing more that it could hope for. */
  probeAt: number
  readonly resolve: () => void
  readonly timer: NodeJS.Timeout
}

export interface FlushRequest {
  readonly upToId: number
  readonly left: number
  readonly timeoutMillis: number
  /** Also waits for attempts under way that are not for its batches. */
  readonly untilQuiet: boolean
}

/** The flushes that wait for batches to be settled, and when they want a probe. */
export class Flushes {
  readonly #flushes = new Set<Flush>()
  readonly #breaker: CircuitBreaker

  constructor(breaker: CircuitBreaker) {
    this.#breaker = breaker
  }

  get isAny(): boolean {
    return this.#flushes.size > 0
  }

  /** Infinity where no flush wants one. */
  get probeAt(): number {
    let earliest = Infinity
    for (const { probeAt } of this.#flushes) earliest = Math.min(earliest, probeAt)
    return earliest
  }

  begin({ timeoutMillis, ...request }: FlushRequest, now: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = now + timeoutMillis
      const timer = setTimeout(() => this.#end(flush), timeoutMillis)
      timer.unref()
      const probeAt = this.#breaker.retryAfterUntil > deadline ? Infinity : now
      const flush: Flush = { ...request, deadline, failures: 0, probeAt, resolve, timer }
      this.#flushes.add(flush)
    })
  }

  /** One more to wait for: a half of a batch. */
  added(id: number): void {
    for (const flush of this.#flushes) if (id <= flush.upToId) flush.left++
  }

  gone(id: number): void {
    for (const flush of this.#flushes) if (id <= flush.upToId) flush.left--
  }

  /** Called after the circuit breaker. */
  failed({ isUnreachable }: Retryable, now: number): void {
    for (const flush of this.#flushes) {
      flush.failures++
      const next = Math.max(now + flushBackoffMillis(flush.failures), this.#breaker.retryAfterUntil)
      flush.probeAt = isUnreachable || next > flush.deadline ? Infinity : next
    }
  }

  /** The backend spoke: the next attempt need not wait. */
  answered(now: number): void {
    for (const flush of this.#flushes) {
      flush.failures = 0
      flush.probeAt = this.#breaker.retryAfterUntil > flush.deadline ? Infinity : now
    }
  }

  /** Ends those that have what they wanted, and those for which no more will be done. */
  endDone(underWay: number): void {
    for (const flush of this.#flushes) {
      const isDone = flush.left <= 0 && (underWay === 0 || !flush.untilQuiet)
      const isHopeless = underWay === 0 && this.#breaker.isOpen && flush.probeAt === Infinity
      if (isDone || isHopeless) this.#end(flush)
    }
  }

  endAll(): void {
    for (const flush of this.#flushes) this.#end(flush)
  }

  #end(flush: Flush): void {
    clearTimeout(flush.timer)
    this.#flushes.delete(flush)
    flush.resolve()
  }
}
