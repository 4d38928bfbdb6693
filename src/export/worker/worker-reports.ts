import type { MessagePort } from 'node:worker_threads'
import type { DeliveryEvent } from '../delivery/events.js'
import type { FromDelivery } from './worker-messages.js'

/** Only the ledger wants to know of an attempt that has begun, and most end sooner. */
const BEGINNINGS_WAIT_MILLIS = 100

/** Gathers what the delivery thread has to tell: to wake the app's thread costs it more than what it is told. */
export class WorkerReports {
  readonly #port: MessagePort
  #events: DeliveryEvent[] = []
  #flushed: number[] = []
  #soon: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined

  constructor(port: MessagePort) {
    this.#port = port
  }

  event(event: DeliveryEvent): void {
    this.#events.push(event)
    // Its bytes are copied now: later they may have been sent, and their memory given back.
    if (event.kind === 'split' || event.kind === 'shed') this.#tell(false)
    else if (event.kind === 'exporting') this.#later ??= setTimeout(() => this.#tell(false), BEGINNINGS_WAIT_MILLIS)
    else this.#tellSoon()
  }

  flushed(token: number): void {
    this.#flushed.push(token)
    this.#tellSoon()
  }

  stopped(): void {
    this.#tell(true)
  }

  #tellSoon(): void {
    this.#soon ??= setImmediate(() => this.#tell(false))
  }

  #tell(hasStopped: boolean): void {
    clearImmediate(this.#soon)
    clearTimeout(this.#later)
    this.#soon = undefined
    this.#later = undefined
    const message: FromDelivery = { events: this.#events, flushed: this.#flushed, hasStopped }
    this.#events = []
    this.#flushed = []
    this.#port.postMessage(message)
  }
}
