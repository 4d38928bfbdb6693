import { AsyncLocalStorage } from 'node:async_hooks'
import type { Resource } from '@opentelemetry/resources'

/** A detector that takes longer is not waited for: its attributes are missing from the first spans. */
const LONGEST_WAIT_MILLIS = 1_000

/** Whether attributes of the resource are still being looked up, so that spans should wait for them. */
export class ResourceWait {
  readonly #onSettled: () => void
  readonly #outside = AsyncLocalStorage.snapshot()
  #seen: Resource | undefined
  isPending = false
  /** Settles when it is no longer pending; never rejects. */
  settled: Promise<void> = Promise.resolve()

  constructor(onSettled: () => void) {
    this.#onSettled = onSettled
  }

  /** The resource of a span that is about to wait. */
  expect(resource: Resource): void {
    if (resource === this.#seen) return
    this.#seen = resource
    if (resource.asyncAttributesPending === true) this.#outside(() => this.#waitFor(resource))
  }

  #waitFor(resource: Resource): void {
    this.isPending = true
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const settle = (): void => resolve(undefined)
    const timer = setTimeout(settle, LONGEST_WAIT_MILLIS)
    timer.unref()
    void Promise.resolve(resource.waitForAsyncAttributes?.()).then(settle, settle)
    this.settled = promise.then(() => {
      clearTimeout(timer)
      this.isPending = false
      this.#onSettled()
    })
  }
}
