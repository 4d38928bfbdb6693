import { AsyncLocalStorage } from 'node:async_hooks'
import type { Resource } from '@opentelemetry/resources'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { withinMillis } from '../../internal/async/settled-within.js'
import type { ResolvedBatchOptions } from './batch-options.js'
import type { DeliveryCounts } from './ledger.js'
import { OtlpDelivery } from './otlp-delivery.js'
import type { OtlpSettings } from './otlp-settings.js'
import type { BatchEncoder } from '../otlp/encoder.js'
import type { Pipeline } from './pipeline.js'
import { ResourceWait } from './resource-wait.js'

/** The thread is there before a process that lives a little longer has to leave. */
const WARM_UP_MILLIS = 200

/** Semantic conventions, `otel.component.type`. */
const EXPORTER_TYPES = {
  grpc: 'otlp_grpc_span_exporter',
  'http/protobuf': 'otlp_http_span_exporter',
  'http/json': 'otlp_http_json_span_exporter',
} as const

/** Gives each item to an encoder, and full batches to the delivery thread. */
export class OtlpPipeline<T extends { readonly resource: Resource }> implements Pipeline<T> {
  readonly counts: DeliveryCounts
  readonly exporterType: string
  readonly #options: ResolvedBatchOptions
  readonly #newEncoder: () => BatchEncoder<T>
  #encoder: BatchEncoder<T>
  /** Full batches that wait for the resource. */
  readonly #full: BatchEncoder<T>[] = []
  readonly #delivery: OtlpDelivery
  readonly #mostBatchBytes: number
  readonly #resource = new ResourceWait(() => this.#sendAll())
  // A timer that is set in a request must not keep that request's context.
  readonly #outside = AsyncLocalStorage.snapshot()
  #timer: NodeJS.Timeout | undefined
  #warmUpTimer: NodeJS.Timeout | undefined

  constructor(otlp: OtlpSettings, options: ResolvedBatchOptions, newEncoder: () => BatchEncoder<T>) {
    this.#options = options
    this.exporterType = EXPORTER_TYPES[otlp.protocol]
    this.#newEncoder = newEncoder
    this.#encoder = newEncoder()
    this.#delivery = new OtlpDelivery(otlp, options)
    this.#mostBatchBytes = this.#delivery.mostBatchBytes
    this.counts = this.#delivery.counts
  }

  get needsEventLoop(): boolean {
    return this.#delivery.needsEventLoop
  }

  get capacity(): number {
    return this.#delivery.capacity
  }

  add(item: T): void {
    if (this.#delivery.isFull(this.#encoder.byteLength)) {
      this.#delivery.drop(1)
      return
    }
    this.#resource.expect(item.resource)
    this.#encoder.add(item)
    this.counts.queued += 1
    if (this.#encoder.spans >= this.#options.maxExportBatchSize || this.#encoder.byteLength >= this.#mostBatchBytes) {
      this.#batchIsFull()
    } else if (this.#timer === undefined) this.#setTimer()
  }

  send(): void {
    this.#sendAll()
  }

  async flush(timeoutMillis: number): Promise<void> {
    if (this.counts.queued === 0 && this.#delivery.isEmpty) return
    const began = monotonicClock.nowMillis()
    await withinMillis(timeoutMillis, this.#resource.settled)
    this.#sendAll()
    await this.#delivery.flush(Math.max(0, timeoutMillis - (monotonicClock.nowMillis() - began)))
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    const began = monotonicClock.nowMillis()
    clearTimeout(this.#warmUpTimer)
    if (this.counts.queued > 0) await withinMillis(timeoutMillis, this.#resource.settled)
    this.#sendAll()
    await this.#delivery.shutdown(Math.max(0, timeoutMillis - (monotonicClock.nowMillis() - began)))
  }

  startLeaving(timeoutMillis: number): void {
    this.#sendAll()
    this.#delivery.startLeaving(timeoutMillis)
  }

  shutdownSync(timeoutMillis: number): void {
    this.#sendAll()
    this.#delivery.shutdownSync(timeoutMillis)
  }

  /** The resource is written last: a full batch can wait for it, as long as the queue has room. */
  #batchIsFull(): void {
    const waiting = (this.#full.length + 1) * this.#options.maxExportBatchSize
    if (!this.#resource.isPending || waiting >= this.#options.maxQueueSize) {
      this.#sendAll()
      return
    }
    this.#full.push(this.#encoder)
    this.#encoder = this.#newEncoder()
  }

  #setTimer(): void {
    this.#timer = this.#outside(() => setTimeout(() => this.#onTimer(), this.#options.scheduledDelayMillis))
    this.#timer.unref()
    if (this.#warmUpTimer) return
    this.#warmUpTimer = this.#outside(() => setTimeout(() => this.#delivery.warmUp(), WARM_UP_MILLIS))
    this.#warmUpTimer.unref()
  }

  #onTimer(): void {
    this.#timer = undefined
    if (this.#resource.isPending) this.#setTimer()
    else this.#sendAll()
  }

  #sendAll(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const encoder of [...this.#full, this.#encoder]) {
      const { spans } = encoder
      if (spans > 0) this.#delivery.send(encoder.take(), spans)
    }
    this.#full.length = 0
  }
}
