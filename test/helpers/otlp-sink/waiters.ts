// Taken once: a test that fakes the timers still gets its timeout.
const { setTimeout, clearTimeout } = globalThis

export interface WaitOptions {
  /** How long to wait before the promise rejects; 5,000 by default. */
  readonly timeoutMillis?: number
}

interface Waiter {
  readonly isMet: () => boolean
  readonly settle: (error?: Error) => void
}

/** Promises that are kept when something has arrived. */
export class Waiters {
  readonly #waiting = new Set<Waiter>()
  readonly #story: () => string

  /** @param story what there is so far, for the message of a promise that is not kept. */
  constructor(story: () => string) {
    this.#story = story
  }

  async until(what: string, isMet: () => boolean, { timeoutMillis = 5_000 }: WaitOptions = {}): Promise<void> {
    if (isMet()) return
    // Built here, so that its stack shows the test that waits.
    const failure = new Error(`${what} did not arrive`)
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        isMet,
        settle: (error) => {
          clearTimeout(timeout)
          this.#waiting.delete(waiter)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      const timeout = setTimeout(() => {
        failure.message = `${what} did not arrive in ${timeoutMillis} ms: ${this.#story()}`
        waiter.settle(failure)
      }, timeoutMillis)
      this.#waiting.add(waiter)
    })
  }

  /** To be called whenever something arrived. */
  check(): void {
    for (const waiter of this.#waiting) if (waiter.isMet()) waiter.settle()
  }

  close(): void {
    for (const waiter of this.#waiting) waiter.settle(new Error(`the sink was closed: ${this.#story()}`))
  }
}
