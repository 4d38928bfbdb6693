import { AsyncLocalStorage } from 'node:async_hooks'
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { envForThread } from '../../internal/runtime/env.js'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { LONGEST_TIMER_MILLIS } from '../../internal/async/settled-within.js'
import type { EncodedBatch } from '../delivery/queued-batch.js'
import type { DeliveryClient, DeliveryListener, DeliverySettings } from './delivery-client.js'
import { openChannel, type DeliveryWorker } from './delivery-worker.js'
import { inProcessClient } from './in-process-client.js'
import { threadObstacle } from './thread-obstacles.js'
import { THREAD_STATE, type FromDelivery, type ToDelivery } from './worker-messages.js'
import { deliveryThreadFile } from '../../internal/runtime/own-package.js'

/** A thread that dies this often will not live longer the next time. */
const MOST_THREADS = 3

/** A thread that does not run by then is not waited for when the process ends. */
const LONGEST_START_MILLIS = 2_000

/** A thread that runs, and the way to it. */
interface Running extends DeliveryWorker {
  readonly port: MessagePort
  readonly state: Int32Array
  readonly startedMillis: number
  isAskedToStop: boolean
}

/** Sends by the delivery thread. */
class WorkerClient implements DeliveryClient {
  readonly #file: string
  readonly #settings: DeliverySettings
  readonly #listener: DeliveryListener
  readonly #env = envForThread()
  // What begins in a request must not keep that request's context for ever.
  readonly #outside = AsyncLocalStorage.snapshot()
  /** The flushes that wait, and until when: a thread that is started anew is asked again. */
  readonly #flushes = new Map<number, { readonly done: () => void; readonly untilMillis: number }>()
  #worker: Running | undefined
  #threadsDied = 0
  #lastToken = 0
  obstacle: string | undefined
  /** Instead, once threads have turned out not to work here. */
  #inProcess: DeliveryClient | undefined

  /** @param file the thread's module; see worker.ts */
  constructor(file: string, settings: DeliverySettings, listener: DeliveryListener) {
    this.#file = file
    this.#settings = settings
    this.#listener = listener
  }

  get copies(): boolean {
    return this.#inProcess === undefined
  }

  get needsEventLoop(): boolean {
    return this.#inProcess !== undefined
  }

  warmUp(): void {
    if (this.#inProcess) this.#inProcess.warmUp()
    else if (!this.#worker) this.#start()
  }

  send(batch: EncodedBatch): void {
    if (this.#worker) this.#postBatch(this.#worker, batch)
    else if (this.#inProcess) this.#inProcess.send(batch)
    // A thread that starts is given all that is not settled, this batch too.
    else this.#start()
  }

  flush(timeoutMillis: number): Promise<void> {
    const thread = this.#worker
    if (!thread) return this.#inProcess?.flush(timeoutMillis) ?? Promise.resolve()
    const token = (this.#lastToken += 1)
    return this.#answerWithin(thread, timeoutMillis, (done) => {
      this.#flushes.set(token, { done, untilMillis: monotonicClock.nowMillis() + timeoutMillis })
      this.#post(thread, { kind: 'flush', token, timeoutMillis })
      return () => this.#flushes.delete(token)
    })
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    const thread = this.#worker
    if (!thread) return this.#inProcess?.shutdown(timeoutMillis)
    // From here on it may end.
    this.#worker = undefined
    await this.#answerWithin(thread, timeoutMillis, (done) => {
      const onMessage = (message: FromDelivery): void => {
        if (message.hasStopped) done()
      }
      thread.port.on('message', onMessage)
      thread.worker.on('exit', done)
      this.#askToStop(thread, timeoutMillis)
      return () => {
        thread.port.off('message', onMessage)
        thread.worker.off('exit', done)
      }
    })
    this.#stopped(thread)
    for (const { done } of this.#flushes.values()) done()
  }

  startLeaving(timeoutMillis: number): void {
    // It stays: what is sent until `shutdownSync` must not start another thread.
    if (this.#worker && !this.#worker.isAskedToStop) this.#askToStop(this.#worker, timeoutMillis)
  }

  shutdownSync(timeoutMillis: number): void {
    const thread = this.#worker
    if (!thread) return this.#inProcess?.shutdownSync(timeoutMillis)
    this.startLeaving(timeoutMillis)
    this.#worker = undefined
    const { state, startedMillis } = thread
    const began = monotonicClock.nowMillis()
    const startMillis = Math.max(0, startedMillis + LONGEST_START_MILLIS - began)
    if (Atomics.wait(state, 0, THREAD_STATE.starting, Math.min(timeoutMillis, startMillis)) !== 'timed-out') {
      const passedMillis = monotonicClock.nowMillis() - began
      Atomics.wait(state, 0, THREAD_STATE.running, Math.max(0, timeoutMillis - passedMillis))
    }
    this.#stopped(thread)
  }

  #stopped(thread: Running): void {
    this.#close(thread)
    const millis = Math.round(monotonicClock.nowMillis() - thread.startedMillis)
    const isRunning = Atomics.load(thread.state, 0) !== THREAD_STATE.starting
    this.obstacle = isRunning ? undefined : `the delivery thread did not run in the ${millis} ms since it was started`
  }

  #askToStop(thread: Running, timeoutMillis: number): void {
    // The thread needs a moment for what is left to be written down and reported. All signals share it: spans come first.
    const { spool, otlp } = this.#settings
    const isFirst = spool !== undefined && otlp.signal === 'traces'
    const margin = Math.min(100, timeoutMillis / 10) * (isFirst ? 2 : 1)
    thread.isAskedToStop = true
    this.#post(thread, { kind: 'shutdown', untilMillis: monotonicClock.nowMillis() + timeoutMillis - margin })
  }

  /** Keeps the process alive until the answer is there, or the time is up. */
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
    const obstacle = threadObstacle(this.#file)
    if (obstacle !== undefined) {
      this.#sendInProcess(`no delivery thread can be started (${obstacle})`)
      return
    }
    try {
      const thread = this.#outside(() => this.#newThread())
      this.#worker = thread
      for (const batch of this.#listener.unsent()) this.#postBatch(thread, batch)
      for (const [token, { untilMillis }] of this.#flushes) {
        this.#post(thread, { kind: 'flush', token, timeoutMillis: untilMillis - monotonicClock.nowMillis() })
      }
    } catch (error) {
      this.#sendInProcess(`no delivery thread can be started (${messageOf(error)})`)
    }
  }

  #newThread(): Running {
    const { port1: port, port2 } = new MessageChannel()
    const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    const shared = openChannel(this.#file, this.#env, { port: port2, state, settings: this.#settings }, port2)
    const { worker } = shared
    const onError = (error: unknown): void => this.#died(thread, messageOf(error))
    const onExit = (): void => this.#died(thread, 'it ended')
    const release = (): void => {
      worker.off('error', onError)
      worker.off('exit', onExit)
      shared.release()
    }
    const startedMillis = monotonicClock.nowMillis()
    const thread: Running = { worker, release, port, state, startedMillis, isAskedToStop: false }
    port.on('message', (message: FromDelivery) => {
      this.#receive(message)
      if (message.restBytes > 0) this.#post(thread, { kind: 'taken', bytes: message.restBytes })
    })
    worker.on('error', onError)
    worker.on('exit', onExit)
    port.unref()
    return thread
  }

  #post({ port }: Running, message: ToDelivery): void {
    port.postMessage(message)
  }

  /** A copy that is transferred: to be cloned with the message, it would be copied twice more. */
  #postBatch({ port }: Running, batch: EncodedBatch): void {
    const bytes = batch.bytes.slice()
    const message: ToDelivery = { kind: 'batch', batch: { ...batch, bytes } }
    port.postMessage(message, [bytes.buffer])
  }

  #receive({ events, flushed }: FromDelivery): void {
    for (const event of events) this.#listener.onEvent(event)
    for (const token of flushed) this.#flushes.get(token)?.done()
  }

  #close({ port, release }: Running): void {
    // What the thread has said and the event loop has not brought yet.
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      this.#receive(next.message as FromDelivery)
    }
    port.close()
    release()
  }

  #died(thread: Running, reason: string): void {
    if (this.#worker !== thread) return
    this.#worker = undefined
    this.#close(thread)
    this.#threadsDied += 1
    if (Atomics.load(thread.state, 0) === THREAD_STATE.starting) {
      this.#sendInProcess(`no delivery thread can be started (${reason})`)
    } else if (this.#threadsDied >= MOST_THREADS) {
      this.#sendInProcess(`the delivery thread keeps dying (${reason})`)
    } else {
      warnOnce('delivery thread died', `the delivery thread died and is started again; nothing is lost: ${reason}`)
      this.#start()
    }
  }

  #sendInProcess(why: string): void {
    warnOnce(
      'no delivery thread',
      `${why}; spans are sent from the main thread, and lost where the process ends at once`,
    )
    this.#inProcess = inProcessClient(this.#settings, this.#listener)
    // It is given all that is not settled.
    this.#inProcess.warmUp()
    for (const { done, untilMillis } of this.#flushes.values()) {
      void this.#inProcess.flush(untilMillis - monotonicClock.nowMillis()).then(done)
    }
  }
}

export function openDeliveryClient(
  settings: DeliverySettings,
  listener: DeliveryListener,
  wantsThread: boolean,
): DeliveryClient {
  if (!wantsThread) return inProcessClient(settings, listener)
  const file = deliveryThreadFile()
  if (file !== undefined) return new WorkerClient(file, settings, listener)
  warnOnce(
    'no delivery thread',
    'it runs as part of a bundle: spans are sent from the main thread, and lost where the process ends at once, and ' +
      'libraries inside of the bundle are not traced. Leave it and them outside ' +
      '(esbuild --packages=external, webpack "externals", rollup "external"): docs/bundling.md',
  )
  return inProcessClient(settings, listener)
}
