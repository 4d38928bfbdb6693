import { diag, DiagLogLevel } from '@opentelemetry/api'
import { parentPort } from 'node:worker_threads'
import { nowEpochMillis } from '../../internal/runtime/clock.js'
import { localDelivery } from './in-process-delivery.js'
import type { ChannelData, ToThread, ToWorker } from './worker-messages.js'
import { ThreadReports } from './worker-reports.js'

// The delivery thread. An error that nobody expected ends it; the other side then starts a new one with what is not sent.

/** Of the channel that was opened last: warnings are about settings, and come while it is opened. */
let reports: ThreadReports | undefined

const warning = (...parts: readonly unknown[]): void => {
  const message = parts.map(String).join(' ')
  reports?.event({ kind: 'warning', key: message, message })
}
const silent = (): void => undefined
diag.setLogger({ error: warning, warn: warning, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN)

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'open') open(message.channel)
  else parentPort?.close()
})

function open({ port, hasLeft, settings }: ChannelData): void {
  const own = new ThreadReports(port)
  reports = own

  /**
   * Gives memory back at once: left to the collector, two dozen batches make it mark the whole heap again. Only over gRPC,
   * which sends copies; what HTTP sends may still be on its way when the answer is there.
   */
  function free({ buffer, byteLength }: Uint8Array): void {
    if (settings.otlp.protocol === 'grpc' && byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
  }

  const delivery = localDelivery(settings, (event) => own.event(event), free)

  async function leave(timeoutMillis: number): Promise<void> {
    await delivery.leave(timeoutMillis)
    delivery.close()
    own.left()
    Atomics.store(hasLeft, 0, 1)
    Atomics.notify(hasLeft, 0)
    port.close()
  }

  port.on('message', (message: ToThread) => {
    if (message.kind === 'batch') delivery.add(message.batch)
    else if (message.kind === 'leave') void leave(Math.max(0, message.untilEpochMillis - nowEpochMillis()))
    else void delivery.flush(message.timeoutMillis).then(() => own.flushed(message.token))
  })
}
