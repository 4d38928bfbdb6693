import type { MessagePort } from 'node:worker_threads'
import type { EncodedBatch } from '../delivery/queued-batch.js'
import type { DeliverySettings } from './delivery-client.js'
import type { DeliveryEvent } from '../delivery/events.js'

/** How far the thread is with a delivery, as a number in shared memory: the process's end waits on it. */
export const THREAD_STATE = { starting: 0, running: 1, stopped: 2 } as const

/** What a delivery in the thread is opened with. */
export interface ChannelData {
  readonly port: MessagePort
  /** One number, a THREAD_STATE. */
  readonly state: Int32Array
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
