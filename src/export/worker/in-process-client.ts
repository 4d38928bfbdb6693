import type { DeliveryClient, DeliveryListener, DeliverySettings } from './delivery-client.js'
import type { Delivery } from '../delivery/delivery.js'
import { inProcessDelivery } from './in-process-delivery.js'

/** Sends on this thread, where no other can be had. A process that ends at once takes along what is not sent. */
export function inProcessClient(settings: DeliverySettings, listener: DeliveryListener): DeliveryClient {
  let delivery: Delivery | undefined
  const working = (): Delivery => (delivery ??= inProcessDelivery(settings, (event) => listener.onEvent(event)))
  return {
    copies: false,
    needsEventLoop: true,
    send: (batch) => working().add(batch),
    warmUp: () => void working(),
    flush: (timeoutMillis) => delivery?.flush(timeoutMillis) ?? Promise.resolve(),
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
