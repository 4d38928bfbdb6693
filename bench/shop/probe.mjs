// Preloaded into each service: tells its event-loop delay, CPU time, memory and ledger when it is asked.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 1 })
let cpu = process.cpuUsage()

const orders = {
  /** What starts and warms up is not measured. */
  begin() {
    delay.reset()
    delay.enable()
    cpu = process.cpuUsage()
  },
  figures() {
    delay.disable()
    const { user, system } = process.cpuUsage(cpu)
    return {
      delayMillis: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
      cpuMillis: (user + system) / 1_000,
      residentBytes: process.memoryUsage.rss(),
    }
  },
  /** Where tracing runs, which this file must not begin. */
  ledger: () => globalThis[Symbol.for('spanwright.tracing')]?.running?.ledger(),
}

process.on('message', (order) => process.send({ answer: orders[order]() }))
process.channel.unref()
