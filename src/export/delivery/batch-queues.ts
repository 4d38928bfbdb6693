import { Fifo } from './fifo.js'
import type { QueuedBatch } from './queued-batch.js'

/**
 * Batches that wait, in four queues. A batch that was never sent takes precedence over one that failed, so that a batch that the
 * backend never takes does not block the others; adopted batches come last. The halves of a batch that was too large come
 * first: it was its turn.
 */
export class BatchQueues {
  readonly #halves = new Fifo<QueuedBatch>()
  readonly #fresh = new Fifo<QueuedBatch>()
  readonly #failed = new Fifo<QueuedBatch>()
  readonly #adopted = new Fifo<QueuedBatch>()
  #takesAdopted = true

  get isEmpty(): boolean {
    return this.#halves.length + this.#fresh.length + this.#failed.length + this.#adopted.length === 0
  }

  get hasFresh(): boolean {
    return this.#halves.length + this.#fresh.length > 0
  }

  /** Own spans that wait and may have arrived already. */
  get toSendAgain(): number {
    let sum = 0
    for (const { again, id, spans } of this.#failed) if (again && id !== undefined) sum += spans
    return sum
  }

  add(queued: QueuedBatch): void {
    if (queued.id !== undefined) this.#fresh.push(queued)
    else if (this.#takesAdopted) this.#adopted.push(queued)
  }

  addHalf(queued: QueuedBatch): void {
    this.#halves.push(queued)
  }

  /** To the end of its queue; `notBefore` never falls from one call to the next. */
  putBack(queued: QueuedBatch, notBefore: number): void {
    queued.notBefore = notBefore
    if (queued.id === undefined) this.add(queued)
    else this.#failed.push(queued)
  }

  /** The next batch; with `isProbe` also one that is not due yet. */
  take(now: number, isProbe: boolean): QueuedBatch | undefined {
    return [this.#halves, this.#fresh, this.#failed, this.#adopted]
      .find((line) => line.length > 0 && (isProbe || (line.first()?.notBefore ?? 0) <= now))
      ?.shift()
  }

  /** When the next batch is due; undefined where none waits. */
  get dueAt(): number | undefined {
    if (this.hasFresh) return 0
    const times = [this.#failed.first()?.notBefore, this.#adopted.first()?.notBefore].filter((at) => at !== undefined)
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** Batches that failed are due at once. */
  release(): void {
    for (const queued of this.#failed) queued.notBefore = 0
    for (const queued of this.#adopted) queued.notBefore = 0
  }

  /** All but the adopted. */
  *own(): Generator<QueuedBatch> {
    for (const queued of this.#halves) if (queued.id !== undefined) yield queued
    yield* this.#fresh
    yield* this.#failed
  }

  keepOnly(isKept: (queued: QueuedBatch) => boolean): void {
    this.#halves.keepOnly(isKept)
    this.#fresh.keepOnly(isKept)
    this.#failed.keepOnly(isKept)
  }

  /** They stay where they are, for another process. */
  leaveAdopted(): void {
    this.#takesAdopted = false
    this.#adopted.keepOnly(() => false)
  }
}
