import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { AsyncLocalStorage } from 'node:async_hooks'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { messageOf, warn, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { reportToGlobalErrorHandler } from '../../internal/diagnostics/global-error-handler.js'
import { asOwnRequest } from '../../internal/http/own-requests.js'
import { withinMillis } from '../../internal/async/settled-within.js'
import type { ResolvedBatchOptions } from './batch-options.js'
import { noRoomInQueue } from '../notices/no-room.js'
import { Notices } from '../notices/notices.js'
import { noDeliveryCounts, type DeliveryCounts } from './ledger.js'
import { NO_TIME_TO_SEND, type Pipeline } from './pipeline.js'
import { SIGNALS } from './signal.js'
import { ResourceWait } from './resource-wait.js'

/** Batches for anybody's exporter, which is called on this thread, once at a time, as the specification asks. */
export class ExporterPipeline implements Pipeline<ReadableSpan> {
  readonly counts: DeliveryCounts = noDeliveryCounts()
  readonly needsEventLoop = true
  readonly #exporter: SpanExporter
  readonly #options: ResolvedBatchOptions
  readonly #queue: SpanQueue<ReadableSpan>
  #notices: Notices
  readonly #resource = new ResourceWait(() => this.#work())
  // The exporter must not see the request that happened to fill a batch, nor keep it.
  readonly #outside = AsyncLocalStorage.snapshot()
  #timer: NodeJS.Timeout | undefined
  /** The exports under way: settles when the queue has been sent as far as `#isFlushing` asks. */
  #working: Promise<void> | undefined
  #isFlushing = false
  /** A pipeline that goes on after a shutdown must not count again what was given up then. */
  #timesShutDown = 0

  constructor(exporter: SpanExporter, options: ResolvedBatchOptions) {
    this.#exporter = exporter
    this.#options = options
    this.#queue = new SpanQueue(options.maxQueueSize)
    this.#notices = this.#newNotices()
  }

  get exporterType(): string {
    const { name } = this.#exporter.constructor
    return name === 'ZipkinExporter' ? 'zipkin_http_span_exporter' : name
  }

  get capacity(): number {
    return this.#options.maxQueueSize
  }

  add(span: ReadableSpan): void {
    if (!this.#queue.push(span)) {
      this.counts.droppedQueueFull += 1
      this.#notices.dropped('queue', 1)
      return
    }
    this.counts.queued += 1
    this.#resource.expect(span.resource)
    if (this.#queue.size >= this.#options.maxExportBatchSize) this.#work()
    else this.#setTimer()
  }

  send(): void {
    this.#work()
  }

  async flush(timeoutMillis: number): Promise<void> {
    const deadline = monotonicClock.nowMillis() + timeoutMillis
    if (this.#queue.size > 0 || this.#working) {
      await withinMillis(timeoutMillis, this.#resource.settled)
      this.#isFlushing = true
      this.#work()
      if (this.#working) await withinMillis(deadline - monotonicClock.nowMillis(), this.#working)
    }
    // Also where nothing waits here: the exporter may keep spans itself.
    await withinMillis(deadline - monotonicClock.nowMillis(), this.#callExporter('forceFlush'))
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    const deadline = monotonicClock.nowMillis() + timeoutMillis
    await this.flush(timeoutMillis)
    await withinMillis(deadline - monotonicClock.nowMillis(), this.#callExporter('shutdown'))
    this.#giveUpRest()
  }

  startLeaving(): void {
    // Its exporter can't begin anything that would end without the event loop.
  }

  shutdownSync(): void {
    this.#giveUpRest()
  }

  #setTimer(): void {
    if (this.#timer !== undefined) return
    this.#timer = this.#outside(() => setTimeout(() => this.#onTimer(), this.#options.scheduledDelayMillis))
    this.#timer.unref()
  }

  #onTimer(): void {
    this.#timer = undefined
    this.#work(1)
  }

  /** @param fewest a batch of fewer spans waits for its timer, unless all is to go out */
  #work(fewest: number = this.#options.maxExportBatchSize): void {
    if (this.#working || this.#resource.isPending || this.#queue.size === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#working = this.#outside(() => this.#exportBatches(fewest)).finally(() => {
      this.#working = undefined
      this.#isFlushing = false
      if (this.#queue.size > 0) this.#setTimer()
    })
  }

  async #exportBatches(fewest: number): Promise<void> {
    let least = fewest
    while (this.#queue.size > 0 && (this.#isFlushing || this.#queue.size >= least)) {
      await this.#export(this.#queue.take(this.#options.maxExportBatchSize))
      least = this.#options.maxExportBatchSize
    }
  }

  async #export(spans: ReadableSpan[]): Promise<void> {
    const { counts } = this
    const timesShutDown = this.#timesShutDown
    counts.queued -= spans.length
    counts.exporting += spans.length
    const { code, error } = await this.#result(spans)
    if (timesShutDown !== this.#timesShutDown) return
    counts.exporting -= spans.length
    if (code === ExportResultCode.SUCCESS) {
      counts.exported += spans.length
      return
    }
    counts.droppedExportFailed += spans.length
    const reason = error ? messageOf(error) : ''
    this.#notices.onEvent({ kind: 'settled', id: 0, exported: 0, failed: spans.length, reason })
    this.#notices.dropped('refused', spans.length)
  }

  /** Never rejects: an exporter that throws, rejects, answers nothing or never answers has failed. */
  #result(spans: ReadableSpan[]): Promise<ExportResult> {
    const { exportTimeoutMillis } = this.#options
    return new Promise((resolve) => {
      const timer = setTimeout(() => fail(`no answer in ${exportTimeoutMillis} ms`), exportTimeoutMillis)
      timer.unref()
      const done = (result: ExportResult | undefined): void => {
        clearTimeout(timer)
        resolve(result ?? { code: ExportResultCode.FAILED })
      }
      const fail = (error: unknown): void =>
        done({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(messageOf(error)) })
      const exporter: { export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => unknown } =
        this.#exporter
      try {
        const returned = asOwnRequest(() => exporter.export(spans, done))
        // An `async export` rejects where others throw.
        if (returned instanceof Promise) returned.catch(fail)
      } catch (error) {
        fail(error)
      }
    })
  }

  async #callExporter(method: 'forceFlush' | 'shutdown'): Promise<void> {
    try {
      await this.#outside(() => asOwnRequest(() => this.#exporter[method]?.()))
    } catch (error) {
      warnOnce(`exporter ${method}`, `${method} of the exporter failed: ${messageOf(error)}`)
    }
  }

  #giveUpRest(): void {
    clearTimeout(this.#timer)
    this.#timesShutDown += 1
    const lost = this.counts.queued + this.counts.exporting
    this.#queue.take(Infinity)
    this.counts.queued = 0
    this.counts.exporting = 0
    this.counts.droppedAtExit += lost
    if (lost > 0) this.#notices.dropped('exit', lost)
    this.#notices.close()
    this.#notices = this.#newNotices()
  }

  #newNotices(): Notices {
    return new Notices({
      signal: SIGNALS.traces,
      warn,
      noRoom: noRoomInQueue(this.#options.maxQueueSize),
      onLoss: reportToGlobalErrorHandler,
      endpoint: () => `the exporter ${this.#exporter.constructor.name}`,
      hintFor: () => '',
      lossWithoutFailure: () => NO_TIME_TO_SEND,
      waitingSpans: () => this.counts.queued + this.counts.exporting,
      spansOf: () => 0,
    })
  }
}

/** Items in their order of arrival, at most so many; taken out in batches. */
class SpanQueue<T> {
  readonly #most: number
  #items: T[] = []

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#items.length
  }

  /** False where there is no room: the newest is the one to go, as the specification has it. */
  push(item: T): boolean {
    if (this.#items.length >= this.#most) return false
    this.#items.push(item)
    return true
  }

  take(most: number): T[] {
    if (this.#items.length > most) return this.#items.splice(0, most)
    const all = this.#items
    this.#items = []
    return all
  }
}
