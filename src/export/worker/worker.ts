import { diag, DiagLogLevel } from '@opentelemetry/api'
import { parentPort, type MessagePort } from 'node:worker_threads'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { freeMemory } from './free-memory.js'
import { inProcessDelivery } from './in-process-delivery.js'
import { THREAD_STATE, type ChannelData, type ToDelivery, type ToWorker, type FromDelivery } from './worker-messages.js'
import type { DeliveryEvent, Shed, Split } from '../delivery/events.js'
import type { EncodedBatch } from '../delivery/queued-batch.js'

// The delivery thread. An unexpected error ends it; the other side then starts a new one with what is not sent.

/** Of the channels that are open, in their order: a warning goes to the last one, since most come while a channel is opened. */
const openChannels = new Set<WorkerReports>()

const warning = (...parts: readonly unknown[]): void => {
  const message = parts.map(String).join(' ')
  ;[...openChannels].at(-1)?.event({ kind: 'warning', key: message, message })
}
const silent = (): void => undefined
diag.setLogger({ error: warning, warn: warning, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN)

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'open') open(message.channel)
  else parentPort?.close()
})

function open({ port, state, settings }: ChannelData): void {
  const enter = (next: number): void => {
    Atomics.store(state, 0, next)
    Atomics.notify(state, 0)
  }
  enter(THREAD_STATE.running)
  const own = new WorkerReports(port)
  openChannels.add(own)

  const handOver = { release: freeMemory, takesRests: () => own.takesRests }
  const delivery = inProcessDelivery(settings, (event) => own.event(event), handOver)

  async function shutdown(timeoutMillis: number): Promise<void> {
    await delivery.shutdown(timeoutMillis)
    delivery.close()
    openChannels.delete(own)
    own.stopped()
    enter(THREAD_STATE.stopped)
    port.close()
  }

  port.on('message', (message: ToDelivery) => {
    if (message.kind === 'batch') delivery.add(message.batch)
    else if (message.kind === 'taken') {
      own.restsTaken(message.bytes)
      delivery.resume()
    } else if (message.kind === 'shutdown') void shutdown(Math.max(0, message.untilMillis - monotonicClock.nowMillis()))
    else void delivery.flush(message.timeoutMillis).then(() => own.flushed(message.token))
  })
}

/** What is left of shed batches and is on its way: it is in memory three times. */
const MOST_REST_BYTES = 2 * 1_024 * 1_024

/** Only the ledger uses the beginning of an attempt, and most end sooner. */
const BEGINNINGS_WAIT_MILLIS = 100

/** Gathers the events of a delivery: to wake the app's thread costs it more than the events do. */
class WorkerReports {
  readonly #port: MessagePort
  #events: DeliveryEvent[] = []
  #flushed: number[] = []
  #restBytes = 0
  #restsUnderWay = 0
  #soon: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined

  constructor(port: MessagePort) {
    this.#port = port
  }

  get takesRests(): boolean {
    return this.#restsUnderWay < MOST_REST_BYTES
  }

  restsTaken(bytes: number): void {
    this.#restsUnderWay -= bytes
  }

  event(event: DeliveryEvent): void {
    // Their bytes are copied now: later they may have been sent, and their memory given back.
    if (event.kind === 'split') this.#postWithBytes({ ...event, halves: event.halves.map(copyOf) })
    else if (event.kind === 'shed' && event.rest) this.#postWithBytes({ ...event, rest: event.rest.slice() })
    else this.#add(event)
  }

  #postWithBytes(event: Split | Shed): void {
    const arrays = event.kind === 'split' ? event.halves.map(({ bytes }) => bytes) : event.rest ? [event.rest] : []
    this.#events.push(event)
    this.#restBytes = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0)
    this.#restsUnderWay += this.#restBytes
    this.#post(
      false,
      arrays.map(({ buffer }) => buffer as ArrayBuffer),
    )
  }

  #add(event: DeliveryEvent): void {
    this.#events.push(event)
    if (event.kind === 'exporting') this.#later ??= setTimeout(() => this.#post(false), BEGINNINGS_WAIT_MILLIS)
    else this.#postSoon()
  }

  flushed(token: number): void {
    this.#flushed.push(token)
    this.#postSoon()
  }

  stopped(): void {
    this.#post(true)
  }

  #postSoon(): void {
    this.#soon ??= setImmediate(() => this.#post(false))
  }

  #post(hasStopped: boolean, transferred: readonly ArrayBuffer[] = []): void {
    clearImmediate(this.#soon)
    clearTimeout(this.#later)
    this.#soon = undefined
    this.#later = undefined
    const message: FromDelivery = {
      events: this.#events,
      flushed: this.#flushed,
      restBytes: this.#restBytes,
      hasStopped,
    }
    this.#events = []
    this.#flushed = []
    this.#restBytes = 0
    this.#port.postMessage(message, transferred)
  }
}

function copyOf(batch: EncodedBatch): EncodedBatch {
  return { ...batch, bytes: batch.bytes.slice() }
}
