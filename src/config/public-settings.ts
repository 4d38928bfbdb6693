/** A setting, and who may say it. */
export interface PublicSetting {
  readonly name: string
  readonly options?: readonly string[]
  /** The first that is set speaks. */
  readonly variables?: readonly string[]
  /** Where a list of names is wrong in parts, the rest holds. */
  readonly isList?: boolean
}

const otlp = (name: string): readonly string[] => [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]
const row = (name: string, options: readonly string[] = [], variables: readonly string[] = []): PublicSetting => ({
  name,
  options,
  variables,
})
const list = (name: string, options: readonly string[], variable: string): PublicSetting => ({
  ...row(name, options, [variable]),
  isList: true,
})

/** The public settings, who may say them, and in which order. The resolving itself is in resolve.ts. */
export const PUBLIC_SETTINGS: readonly PublicSetting[] = [
  row(
    'service.name',
    ['serviceName', 'resourceAttributes.service.name'],
    ['OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'],
  ),
  row('service.version', ['serviceVersion', 'resourceAttributes.service.version'], ['OTEL_RESOURCE_ATTRIBUTES']),
  row(
    'deployment.environment.name',
    ['environment', 'resourceAttributes.deployment.environment.name'],
    ['OTEL_RESOURCE_ATTRIBUTES'],
  ),
  list('exporter', ['traceExporter', 'spanProcessors'], 'OTEL_TRACES_EXPORTER'),
  row('protocol', [], otlp('PROTOCOL')),
  row('endpoint', [], otlp('ENDPOINT')),
  row('headers', [], otlp('HEADERS')),
  row('compression', [], otlp('COMPRESSION')),
  row('timeout', [], otlp('TIMEOUT')),
  row('certificate', [], otlp('CERTIFICATE')),
  row('client certificate', [], otlp('CLIENT_CERTIFICATE')),
  row('client key', [], otlp('CLIENT_KEY')),
  row('insecure', [], otlp('INSECURE')),
  row('sampler', ['sampler'], ['OTEL_TRACES_SAMPLER']),
  row('force', ['force']),
  list('propagators', ['propagators'], 'OTEL_PROPAGATORS'),
  list('propagationTargets', ['propagationTargets'], 'SPANWRIGHT_PROPAGATION_TARGETS'),
  list('ignorePaths', ['ignorePaths'], 'SPANWRIGHT_IGNORE_PATHS'),
  list('ignoreOutgoingHosts', ['ignoreOutgoingHosts'], 'SPANWRIGHT_IGNORE_OUTGOING_HOSTS'),
  ...(['server', 'client'] as const).flatMap((side) =>
    (['request', 'response'] as const).map((direction) => {
      const name = `captureHeaders.${side}.${direction}`
      const variable = `OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_${direction}_HEADERS`.toUpperCase()
      return list(name, [name], variable)
    }),
  ),
  row('trustIncoming', ['trustIncoming'], ['SPANWRIGHT_TRUST_INCOMING']),
  list('traceResponseHeaders', ['traceResponseHeaders'], 'SPANWRIGHT_TRACE_RESPONSE_HEADERS'),
  row('baggageAttributes', ['baggageAttributes'], ['SPANWRIGHT_BAGGAGE_ATTRIBUTES']),
  ...[
    ['maxQueueSize', 'OTEL_BSP_MAX_QUEUE_SIZE'],
    ['maxExportBatchSize', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    ['scheduledDelayMillis', 'OTEL_BSP_SCHEDULE_DELAY'],
    ['exportTimeoutMillis', 'OTEL_BSP_EXPORT_TIMEOUT'],
    ['outageBufferBytes', 'SPANWRIGHT_OUTAGE_BUFFER_BYTES'],
    ['spoolDirectory', 'SPANWRIGHT_SPOOL_DIR'],
    ['spoolMaxBytes', 'SPANWRIGHT_SPOOL_MAX_BYTES'],
    ['exportThread', 'SPANWRIGHT_EXPORT_THREAD'],
  ].map(([name = '', variable = '']) => row(`batch.${name}`, [`batch.${name}`], [variable])),
  ...[
    ['attributeCountLimit', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
    ['attributeValueLengthLimit', 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
    ['eventCountLimit', 'OTEL_SPAN_EVENT_COUNT_LIMIT'],
    ['linkCountLimit', 'OTEL_SPAN_LINK_COUNT_LIMIT'],
    ['attributePerEventCountLimit', 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'],
    ['attributePerLinkCountLimit', 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'],
  ].map(([name = '', ...variables]) => row(`spanLimits.${name}`, [`spanLimits.${name}`], variables)),
  row('instrumentations', ['instrumentations']),
  row('instrumentationConfig', ['instrumentationConfig']),
  list('enabledInstrumentations', [], 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'),
  list('disabledInstrumentations', [], 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'),
  row('spanMetrics', ['spanMetrics']),
  row('logFormat', ['logFormat']),
  row('logLevel', [], ['OTEL_LOG_LEVEL']),
  row('shutdownTimeoutMillis', ['shutdownTimeoutMillis']),
]

const ALSO_READ =
  /^(SPANWRIGHT_DOCTOR|OTEL_(SDK_DISABLED|CONFIG_FILE|TRACES_SAMPLER_ARG|NODE_RESOURCE_DETECTORS|SEMCONV_STABILITY_OPT_IN|EXPORTER_ZIPKIN_\w+|(METRICS?|LOGS|BLRP)_\w+|EXPORTER_OTLP_(METRICS|LOGS)_\w+|EXPORTER_PROMETHEUS_\w+))$/

/** Whether a part that has no row here reads the variable. */
export function isReadElsewhere(variable: string): boolean {
  return ALSO_READ.test(variable)
}
