import type {
  MeterProviderConfigModel,
  MetricReaderConfigModel,
  PeriodicMetricReaderConfigModel,
  PullMetricReaderConfigModel,
} from '@opentelemetry/configuration'
import { PERIODS, type MetricPipelineSettings } from '../../export/metrics/metric-settings.js'
import { isOtlp, onlyKey, otlpFromFile, timeout, type Unsupported } from './model.js'

/** The schema's defaults. The exporter's own would come from the environment. */
const PROMETHEUS = { host: 'localhost', port: 9_464 } as const

/**
 * Where a file sends metrics; undefined: it has no `meter_provider`. Readers and exporters that are not supported are
 * left out.
 */
export function metricPipelinesFromFile(
  provider: MeterProviderConfigModel | undefined,
  unsupported: Unsupported,
): readonly MetricPipelineSettings[] | undefined {
  unsupported.addKeysOf(provider, 'meter_provider', ['readers'])
  return provider?.readers.flatMap((reader, i) => pipeline(reader, `meter_provider.readers[${i}]`, unsupported))
}

function pipeline(reader: MetricReaderConfigModel, path: string, unsupported: Unsupported): MetricPipelineSettings[] {
  const kind = onlyKey(reader, 'metric reader')
  if (reader.periodic) return periodic(reader.periodic, `${path}.periodic`, unsupported)
  if (reader.pull) return pull(reader.pull, `${path}.pull`, unsupported)
  unsupported.add(`${path}.${kind}`)
  return []
}

function periodic(
  reader: PeriodicMetricReaderConfigModel,
  path: string,
  unsupported: Unsupported,
): MetricPipelineSettings[] {
  unsupported.addKeysOf(reader, path, ['interval', 'timeout', 'exporter'])
  const intervalMillis = timeout(reader.interval ?? PERIODS.intervalMillis, 'interval')
  const timeoutMillis = Math.min(timeout(reader.timeout ?? PERIODS.timeoutMillis, 'timeout'), intervalMillis)
  const kind = onlyKey(reader.exporter, 'metric exporter')
  if (kind === 'console') {
    unsupported.addKeysOf(reader.exporter.console, `${path}.exporter.console`, [])
    return [{ kind, intervalMillis, timeoutMillis }]
  }
  if (!isOtlp(kind)) {
    unsupported.add(`${path}.exporter.${kind}`)
    return []
  }
  const { temporality_preference, default_histogram_aggregation } = reader.exporter[kind] ?? {}
  const preference = temporality_preference ?? 'cumulative'
  return [
    {
      kind: 'otlp',
      otlp: otlpFromFile(reader.exporter, kind, 'metrics'),
      temporality: preference === 'low_memory' ? 'lowmemory' : preference,
      histogram: default_histogram_aggregation ?? 'explicit_bucket_histogram',
      intervalMillis,
      timeoutMillis,
    },
  ]
}

function pull(reader: PullMetricReaderConfigModel, path: string, unsupported: Unsupported): MetricPipelineSettings[] {
  unsupported.addKeysOf(reader, path, ['exporter'])
  const kind = onlyKey(reader.exporter, 'metric exporter')
  if (kind !== 'prometheus/development') {
    unsupported.add(`${path}.exporter.${kind}`)
    return []
  }
  const prometheus = reader.exporter['prometheus/development']
  unsupported.addKeysOf(prometheus, `${path}.exporter.${kind}`, ['host', 'port'])
  const { host, port } = prometheus ?? {}
  return [{ kind: 'prometheus', host: host ?? PROMETHEUS.host, port: port ?? PROMETHEUS.port }]
}
