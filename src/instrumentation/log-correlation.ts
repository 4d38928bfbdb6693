import { diag } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { onLogCorrelationClaimed, type CorrelatedLibrary } from '../internal/log-correlation.js'

/** Which of our adapters stands in for which instrumentation. */
const ADAPTERS: Readonly<Record<string, { readonly library: CorrelatedLibrary; readonly adapter: string }>> = {
  '@opentelemetry/instrumentation-bunyan': { library: 'bunyan', adapter: 'bunyanStream' },
  '@opentelemetry/instrumentation-pino': { library: 'pino', adapter: 'pinoMixin' },
  '@opentelemetry/instrumentation-winston': { library: 'winston', adapter: 'winstonFormat' },
}

/**
 * Has an instrumentation of a logger leave the trace fields to our adapter, if one is used, now or later; it still sends
 * log records on, where that is asked for. Both at once would look up the span twice a line, and write it under two names
 * where a `logFormat` is set. For any other instrumentation this does nothing.
 */
export function leaveTraceFieldsToAdapter(instrumentation: Instrumentation): void {
  const { instrumentationName } = instrumentation
  const known = ADAPTERS[instrumentationName]
  if (!known) return
  const { library, adapter } = known
  onLogCorrelationClaimed(library, () => {
    instrumentation.setConfig({ ...instrumentation.getConfig(), disableLogCorrelation: true } as object)
    diag.info(
      `spanwright: ${adapter} gives ${library} logs their trace fields, so ${instrumentationName} adds none, ` +
        `and calls no logHook; a ${library} logger without ${adapter} has no trace fields`,
    )
  })
}
