import { AsyncLocalStorage } from 'node:async_hooks'
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { envForThread } from '../../internal/runtime/env.js'
import { monotonicClock, nowEpochMillis } from '../../internal/runtime/clock.js'
import { LONGEST_TIMER_MILLIS } from '../../internal/async/within-millis.js'
import type { EncodedBatch } from '../delivery/batch.js'
import type { Courier, CourierClient, CourierSettings } from './delivery-client.js'
import { openChannel, type DeliveryWorker } from './delivery-worker.js'
import { localCourier } from './in-process-client.js'
import type { FromThread, ToThread } from './worker-messages.js'

/** A thread that dies this often will not live longer the next time. */
const MOST_THREADS = 3

/** @param file the thread's module; see thread.ts */
export function threadCourier(file: string, settings: CourierSettings, client: CourierClient): Courier {
  return new ThreadCourier(file, settings, client)
}

/** A thread that runs, and the way to it. */
interface Running extends DeliveryWorker {
  readonly port: MessagePort
  readonly hasLeft: Int32Array
  isAskedToLeave: boolean
}

class ThreadCourier implements Courier {
  readonly #file: string
  readonly #settings: CourierSettings
  readonly #client: CourierClient
  readonly #env = envForThread()
  // What begins in a request must not keep that request's context for ever.
  readonly #outside = AsyncLocalStorage.snapshot()
  /** Who waits, and until when: a thread that is started anew is asked again. */
  readonly #flushes = new Map<number, { readonly done: () => void; readonly untilMillis: number }>()
  #thread: Running | undefined
  #threadsDied = 0
  #lastToken = 0
  /** Instead, once threads have turned out not to work here. */
  #local: Courier | undefined

  constructor(file: string, settings: CourierSettings, client: CourierClient) {
    this.#file = file
    this.#settings = settings
    this.#client = client
  }

  get needsEventLoop(): boolean {
    return this.#local !== undefined
  }

  warmUp(): void {
    if (this.#local) this.#local.warmUp()
    else if (!this.#thread) this.#start()
  }

  send(batch: EncodedBatch): void {
    if (this.#thread) this.#post(this.#thread, { kind: 'batch', batch })
    else if (this.#local) this.#local.send(batch)
    // Who starts now is given all that is unsettled, this batch too.
    else this.#start()
  }

  flush(timeoutMillis: number): Promise<void> {
    const thread = this.#thread
    if (!thread) return this.#local?.flush(timeoutMillis) ?? Promise.resolve()
    const token = (this.#lastToken += 1)
    return this.#answerWithin(thread, timeoutMillis, (done) => {
      this.#flushes.set(token, { done, untilMillis: monotonicClock.nowMillis() + timeoutMillis })
      this.#post(thread, { kind: 'flush', token, timeoutMillis })
      return () => this.#flushes.delete(token)
    })
  }

  async leave(timeoutMillis: number): Promise<void> {
    const thread = this.#thread
    if (!thread) return this.#local?.leave(timeoutMillis)
    // From here on it may end.
    this.#thread = undefined
    await this.#answerWithin(thread, timeoutMillis, (done) => {
      const onMessage = (message: FromThread): void => {
        if (message.hasLeft) done()
      }
      thread.port.on('message', onMessage)
      this.#askToLeave(thread, timeoutMillis)
      return () => thread.port.off('message', onMessage)
    })
    this.#close(thread)
    for (const { done } of this.#flushes.values()) done()
  }

  startLeaving(timeoutMillis: number): void {
    // It stays: what is sent until `leaveNow` must not start another thread.
    if (this.#thread && !this.#thread.isAskedToLeave) this.#askToLeave(this.#thread, timeoutMillis)
  }

  leaveNow(timeoutMillis: number): void {
    const thread = this.#thread
    if (!thread) return this.#local?.leaveNow(timeoutMillis)
    this.startLeaving(timeoutMillis)
    this.#thread = undefined
    Atomics.wait(thread.hasLeft, 0, 0, timeoutMillis)
    this.#close(thread)
  }

  #askToLeave(thread: Running, timeoutMillis: number): void {
    // The thread needs a moment for what is left to be written down and told. All signals share it: spans come first.
    const { spool, otlp } = this.#settings
    const isFirst = spool !== undefined && (otlp.signal ?? 'traces') === 'traces'
    const margin = Math.min(100, timeoutMillis / 10) * (isFirst ? 2 : 1)
    thread.isAskedToLeave = true
    this.#post(thread, { kind: 'leave', untilEpochMillis: nowEpochMillis() + timeoutMillis - margin })
  }

  /** Keeps the process alive while somebody waits for the answer, and not longer than he wants to. */
  async #answerWithin({ port }: Running, timeoutMillis: number, ask: (done: () => void) => () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const done = (): void => resolve(undefined)
    const timer = this.#outside(() => setTimeout(done, Math.min(timeoutMillis, LONGEST_TIMER_MILLIS)))
    port.ref()
    const forget = ask(done)
    await promise
    clearTimeout(timer)
    forget()
    if (this.#flushes.size === 0) port.unref()
  }

  #start(): void {
    try {
      const thread = this.#outside(() => this.#newThread())
      this.#thread = thread
      for (const batch of this.#client.unsettled()) this.#post(thread, { kind: 'batch', batch })
      for (const [token, { untilMillis }] of this.#flushes) {
        this.#post(thread, { kind: 'flush', token, timeoutMillis: untilMillis - monotonicClock.nowMillis() })
      }
    } catch (error) {
      this.#goLocal(`no delivery thread can be started (${messageOf(error)})`)
    }
  }

  #newThread(): Running {
    const { port1: port, port2 } = new MessageChannel()
    const hasLeft = new Int32Array(new SharedArrayBuffer(4))
    const shared = openChannel(this.#file, this.#env, { port: port2, hasLeft, settings: this.#settings }, port2)
    const { worker } = shared
    const onError = (error: unknown): void => this.#died(thread, messageOf(error))
    const onExit = (): void => this.#died(thread, 'it ended')
    const release = (): void => {
      worker.off('error', onError)
      worker.off('exit', onExit)
      shared.release()
    }
    const thread: Running = { worker, release, port, hasLeft, isAskedToLeave: false }
    port.on('message', (message: FromThread) => this.#receive(message))
    worker.on('error', onError)
    worker.on('exit', onExit)
    port.unref()
    return thread
  }

  #post({ port }: Running, message: ToThread): void {
    port.postMessage(message)
  }

  #receive({ events, flushed }: FromThread): void {
    for (const event of events) this.#client.onEvent(event)
    for (const token of flushed) this.#flushes.get(token)?.done()
  }

  #close({ port, release }: Running): void {
    // What the thread has said and the event loop has not brought yet.
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      this.#receive(next.message as FromThread)
    }
    port.close()
    release()
  }

  #died(thread: Running, reason: string): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    this.#close(thread)
    this.#threadsDied += 1
    if (this.#threadsDied >= MOST_THREADS) {
      this.#goLocal(`the delivery thread keeps dying (${reason})`)
    } else {
      warnOnce('delivery thread died', `the delivery thread died and is started again; nothing is lost: ${reason}`)
      this.#start()
    }
  }

  #goLocal(why: string): void {
    warnOnce(
      'no delivery thread',
      `${why}; spans are sent from the main thread, and lost where the process ends at once`,
    )
    this.#local = localCourier(this.#settings, this.#client)
    for (const batch of this.#client.unsettled()) this.#local.send(batch)
    for (const { done, untilMillis } of this.#flushes.values()) {
      void this.#local.flush(untilMillis - monotonicClock.nowMillis()).then(done)
    }
  }
}
