import type { MessagePort } from 'node:worker_threads'
import type { EncodedBatch } from '../delivery/queued-batch.js'
import type { DeliverySettings } from './delivery-client.js'
import type { DeliveryEvent } from '../delivery/events.js'

/** What a delivery in the thread is opened with. */
export interface ChannelData {
  readonly port: MessagePort
  /** One number in shared memory: 1 once the delivery has left. The process's end waits on it. */
  readonly hasStopped: Int32Array
  readonly settings: DeliverySettings
}

/** To the thread itself. */
export type ToWorker = { readonly kind: 'open'; readonly channel: ChannelData } | { readonly kind: 'end' }

/** To a delivery, over its own port. */
export type ToDelivery =
  | { readonly kind: 'batch'; readonly batch: EncodedBatch }
  /** So many bytes of what was left of shed batches have been taken over. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'flush'; readonly token: number; readonly timeoutMillis: number }
  /** A point in time, since a thread that is only starting has less of it. */
  | { readonly kind: 'shutdown'; readonly untilMillis: number }

/** All that has happened since the last message: each one wakes the app's thread. */
export interface FromDelivery {
  readonly events: readonly DeliveryEvent[]
  /** Tokens of the flushes that have settled since. */
  readonly flushed: readonly number[]
  /** Of what is left of batches that were shed in part. */
  readonly restBytes: number
  readonly hasStopped: boolean
}
