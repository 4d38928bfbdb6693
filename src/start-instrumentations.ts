import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation'
import type { ResolvedOptions } from './config/options.js'
import type { TracingSettings } from './config/settings.js'
import { appHasStarted, installInstrumentations } from './instrumentation/install.js'
import { byShortName } from './instrumentation/names.js'
import { leaveTraceFieldsToAdapters } from './instrumentation/log-correlation.js'
import { readEnv } from './internal/runtime/env.js'
import { contextOfRequest } from './middleware/server-span/node-server-span.js'
import { writeHeadersOf } from './propagation/node-response-headers.js'
import { writeTraceResponseHeaders } from './propagation/response-headers.js'

/** Starts the instrumentations that the options hold, and where `auto` is among them, those of the catalogue. */
export function startInstrumentations(options: ResolvedOptions, settings: TracingSettings): void {
  const { instrumentations: given, traceResponseHeaders, captureHeaders } = options
  const own = given.filter((one): one is Instrumentation => one !== 'auto')
  if (own.length > 0) registerInstrumentations({ instrumentations: own })
  for (const instrumentation of own) {
    appHasStarted(instrumentation)
    leaveTraceFieldsToAdapters(instrumentation)
  }
  if (!given.includes('auto')) return
  installInstrumentations({
    config: byShortName(options.instrumentationConfig),
    enabledNames: settings.enabledInstrumentations,
    disabledNames: settings.disabledInstrumentations,
    metricsAreOn: settings.metricPipelines !== undefined && settings.metricPipelines.length > 0,
    logsAreOn: settings.logPipelines.length > 0,
    inLambda: readEnv('AWS_LAMBDA_FUNCTION_NAME') !== undefined,
    contextOfRequest,
    captureHeaders,
    onResponse:
      traceResponseHeaders.length === 0
        ? undefined
        : (span, response) =>
            writeHeadersOf(response, (headers) =>
              writeTraceResponseHeaders(headers, span.spanContext(), traceResponseHeaders),
            ),
  })
}
