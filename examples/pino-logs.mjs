// Log lines that lead to their trace, and warnings inside the trace itself:  node pino-logs.mjs
import { pino } from 'pino'
import { pinoMixin, startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'shop', traceExporter: 'console' })

// This is the one line. For another backend's names and ids: pinoMixin({ logFormat: 'datadog' }), or gcp, aws, ecs.
const log = pino({ mixin: pinoMixin({ logsAsSpanEvents: true }) }, pino.destination({ sync: true }))

log.info('open') // no trace around it, so no trace_id

withSpan('POST /orders', () => {
  const orderLog = log.child({ orderId: 'o-7' })
  orderLog.info('order placed') // … "trace_id":"4bf9…","span_id":"00f0…","trace_flags":"01" …
  withSpan('charge card', () => orderLog.warn('card declined, trying the next one'))
})
