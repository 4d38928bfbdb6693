import type { Courier, CourierClient, CourierSettings } from './delivery-client.js'
import type { Delivery } from '../delivery/delivery.js'
import { localDelivery } from './in-process-delivery.js'

/** Sends on this thread, where no other can be had. A process that ends at once takes along what is not sent. */
export function localCourier(settings: CourierSettings, client: CourierClient): Courier {
  let delivery: Delivery | undefined
  const working = (): Delivery => (delivery ??= localDelivery(settings, (event) => client.onEvent(event)))
  return {
    needsEventLoop: true,
    send: (batch) => working().add(batch),
    warmUp: () => void working(),
    flush: (timeoutMillis) => delivery?.flush(timeoutMillis) ?? Promise.resolve(),
    async leave(timeoutMillis) {
      const leaving = delivery
      delivery = undefined
      await leaving?.leave(timeoutMillis)
      leaving?.close()
    },
    startLeaving: () => undefined,
    leaveNow() {
      delivery?.close()
      delivery = undefined
    },
  }
}
