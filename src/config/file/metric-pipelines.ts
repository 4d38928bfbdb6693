import type {
  MeterProviderConfigModel,
  MetricReaderConfigModel,
  PeriodicMetricReaderConfigModel,
  PullMetricReaderConfigModel,
} from '@opentelemetry/configuration'
import { PERIODS, type MetricPipelineSettings } from '../../export/metrics/metric-settings.js'
import type { LeftOut } from './left-out.js'
import { onlyKey, timeout } from './model.js'
import { isOtlp, otlpFromFile, type Configuration } from './otlp.js'

/** The schema's defaults. The exporter's own would come from the environment. */
const PROMETHEUS = { host: 'localhost', port: 9_464 } as const

/**
 * Where a file sends metrics; undefined: it does not speak of them. A reader's exporter that there is not here is left out,
 * and the app is traced all the same.
 */
export function metricPipelinesFromFile(
  provider: MeterProviderConfigModel | undefined,
  configuration: Configuration,
  leftOut: LeftOut,
): readonly MetricPipelineSettings[] | undefined {
  leftOut.addKeysOf(provider, 'meter_provider', ['readers'])
  return provider?.readers.flatMap((reader, i) =>
    pipeline(reader, `meter_provider.readers[${i}]`, configuration, leftOut),
  )
}

function pipeline(
  reader: MetricReaderConfigModel,
  path: string,
  configuration: Configuration,
  leftOut: LeftOut,
): MetricPipelineSettings[] {
  const kind = onlyKey(reader, 'metric reader')
  if (reader.periodic) return periodic(reader.periodic, `${path}.periodic`, configuration, leftOut)
  if (reader.pull) return pull(reader.pull, `${path}.pull`, leftOut)
  leftOut.add(`${path}.${kind}`)
  return []
}

function periodic(
  reader: PeriodicMetricReaderConfigModel,
  path: string,
  configuration: Configuration,
  leftOut: LeftOut,
): MetricPipelineSettings[] {
  leftOut.addKeysOf(reader, path, ['interval', 'timeout', 'exporter'])
  const intervalMillis = timeout(reader.interval ?? PERIODS.intervalMillis, 'interval')
  const timeoutMillis = Math.min(timeout(reader.timeout ?? PERIODS.timeoutMillis, 'timeout'), intervalMillis)
  const kind = onlyKey(reader.exporter, 'metric exporter')
  if (kind === 'console') {
    leftOut.addKeysOf(reader.exporter.console, `${path}.exporter.console`, [])
    return [{ kind, intervalMillis, timeoutMillis }]
  }
  if (!isOtlp(kind)) {
    leftOut.add(`${path}.exporter.${kind}`)
    return []
  }
  const { temporality_preference, default_histogram_aggregation } = reader.exporter[kind] ?? {}
  const preference = temporality_preference ?? 'cumulative'
  return [
    {
      kind: 'otlp',
      otlp: otlpFromFile(reader.exporter, kind, 'metrics', configuration),
      temporality: preference === 'low_memory' ? 'lowmemory' : preference,
      histogram: default_histogram_aggregation ?? 'explicit_bucket_histogram',
      intervalMillis,
      timeoutMillis,
    },
  ]
}

function pull(reader: PullMetricReaderConfigModel, path: string, leftOut: LeftOut): MetricPipelineSettings[] {
  leftOut.addKeysOf(reader, path, ['exporter'])
  const kind = onlyKey(reader.exporter, 'metric exporter')
  if (kind !== 'prometheus/development') {
    leftOut.add(`${path}.exporter.${kind}`)
    return []
  }
  const prometheus = reader.exporter['prometheus/development']
  leftOut.addKeysOf(prometheus, `${path}.exporter.${kind}`, ['host', 'port'])
  const { host, port } = prometheus ?? {}
  return [{ kind: 'prometheus', host: host ?? PROMETHEUS.host, port: port ?? PROMETHEUS.port }]
}
