import { randomInt } from 'node:crypto'
import { monotonicClock, nowEpochMillis } from '../../internal/runtime/clock.js'
import { PREFIX } from '../../internal/diagnostics/diagnostics.js'
import type { DeliverySettings } from './delivery-client.js'
import { Delivery } from '../delivery/delivery.js'
import type { DeliveryEvent } from '../delivery/events.js'
import { otlpTransport } from '../transport/otlp-transport.js'
import { destinationOf } from '../spool/destination.js'
import { FolderSpool } from '../spool/spool.js'

/** How a delivery gives its batches to another thread. */
export interface HandOver {
  /** Takes the memory of each batch that has come to its end: nothing reads it any more. */
  readonly release: (bytes: Uint8Array) => void
  readonly takesRests: () => boolean
}

/** All of a delivery that works in this thread, whichever it is. */
export function inProcessDelivery(
  settings: DeliverySettings,
  report: (event: DeliveryEvent) => void,
  handOver?: HandOver,
): Delivery {
  const { otlp, attemptTimeoutMillis, maxBytes, spool } = settings
  const warn = (key: string, message: string): void => report({ kind: 'warning', key, message: PREFIX + message })
  const transport = otlpTransport(otlp)
  const release = (bytes: Uint8Array): void => {
    if (!transport.isReading(bytes)) handOver?.release(bytes)
  }
  report({ kind: 'endpoint', endpoint: transport.endpoint })
  return new Delivery({
    transport,
    report,
    maxBytes,
    shedsOldest: otlp.signal !== 'traces',
    attemptTimeoutMillis,
    ...(handOver && { release, takesRests: handOver.takesRests }),
    clock: monotonicClock,
    random: jitter,
    ...(spool && { spool: new FolderSpool({ ...spool, destination: destinationOf(otlp), warn, nowEpochMillis }) }),
  })
}

/** From 0 to 1. Spreads the attempts of many processes; decides nothing about spans. */
const jitter = (): number => randomInt(2 ** 32) / 2 ** 32
