// Sends what is left before the process ends, also when the backend is away:  node shutdown.mjs
import { startTracing, withSpan } from 'spanwright'

const tracing = startTracing({
  serviceName: 'nightly-report',
  traceExporter: 'console',
  shutdownTimeoutMillis: 1_000, // the longest time of a shutdown
})

withSpan('build report', () => 42)

// A lambda, a test or a job flushes between two pieces of work ...
await tracing.flush()

// ... and stops once, at the end. Neither ever rejects. A process that ends by itself, or by SIGTERM, SIGINT or SIGHUP,
// sends what is left by itself.
await tracing.shutdown()
