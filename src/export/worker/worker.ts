import { diag, DiagLogLevel } from '@opentelemetry/api'
import { parentPort, type MessagePort } from 'node:worker_threads'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { inProcessDelivery } from './in-process-delivery.js'
import type { ChannelData, ToDelivery, ToWorker, FromDelivery } from './worker-messages.js'
import type { DeliveryEvent } from '../delivery/events.js'

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

function open({ port, hasStopped, settings }: ChannelData): void {
  const own = new WorkerReports(port)
  openChannels.add(own)

  /**
   * Gives memory back at once: left to the collector, two dozen batches make it mark the whole heap again. Only over gRPC,
   * which sends copies; what HTTP sends may still be on its way when the answer is there.
   */
  function free({ buffer, byteLength }: Uint8Array): void {
    if (settings.otlp.protocol === 'grpc' && byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
  }

  const delivery = inProcessDelivery(settings, (event) => own.event(event), free)

  async function shutdown(timeoutMillis: number): Promise<void> {
    await delivery.shutdown(timeoutMillis)
    delivery.close()
    openChannels.delete(own)
    own.stopped()
    Atomics.store(hasStopped, 0, 1)
    Atomics.notify(hasStopped, 0)
    port.close()
  }

  port.on('message', (message: ToDelivery) => {
    if (message.kind === 'batch') delivery.add(message.batch)
    else if (message.kind === 'shutdown') void shutdown(Math.max(0, message.untilMillis - monotonicClock.nowMillis()))
    else void delivery.flush(message.timeoutMillis).then(() => own.flushed(message.token))
  })
}

/** Only the ledger uses the beginning of an attempt, and most end sooner. */
const BEGINNINGS_WAIT_MILLIS = 100

/** Gathers the events of a delivery: to wake the app's thread costs it more than the events do. */
class WorkerReports {
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
    if (event.kind === 'split' || event.kind === 'shed') this.#post(false)
    else if (event.kind === 'exporting') this.#later ??= setTimeout(() => this.#post(false), BEGINNINGS_WAIT_MILLIS)
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

  #post(hasStopped: boolean): void {
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
