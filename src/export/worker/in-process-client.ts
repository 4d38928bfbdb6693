import type { DeliveryClient, DeliveryListener, DeliverySettings } from './delivery-client.js'
import type { Delivery } from '../delivery/delivery.js'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { inProcessDelivery } from './in-process-delivery.js'

/** Sends on this thread, where no other can be had. A process that ends at once takes along what is not sent. */
export function inProcessClient(settings: DeliverySettings, listener: DeliveryListener): DeliveryClient {
  let delivery: Delivery | undefined
  /** Undefined where the file with it can't be read, as where no file handles are left; then it is tried again. */
  const working = (): Delivery | undefined => {
    if (delivery) return delivery
    try {
      delivery = inProcessDelivery(settings, (event) => listener.onEvent(event))
      for (const batch of listener.unsent()) delivery.add(batch)
    } catch (error) {
      warnOnce('no delivery', `spans wait, because what sends them can't be loaded: ${messageOf(error)}`)
    }
    return delivery
  }
  return {
    obstacle: undefined,
    copies: false,
    needsEventLoop: true,
    send(batch) {
      if (delivery) delivery.add(batch)
      // One that starts is given all that is not settled, this batch too.
      else working()
    },
    warmUp: () => void working(),
    flush: (timeoutMillis) =>
      (delivery ?? (listener.unsent().length > 0 ? working() : undefined))?.flush(timeoutMillis) ?? Promise.resolve(),
    async shutdown(timeoutMillis) {
      const leaving = delivery
      delivery = undefined
      await leaving?.shutdown(timeoutMillis)
      leaving?.close()
    },
    startLeaving: () => undefined,
    shutdownSync() {
      delivery?.close()
      delivery = undefined
    },
  }
}
