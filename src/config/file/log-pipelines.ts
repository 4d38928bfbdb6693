import type {
  LoggerProviderConfigModel,
  LogRecordExporterConfigModel,
  LogRecordProcessorConfigModel,
} from '@opentelemetry/configuration'
import type { LogPipelineSettings } from '../../export/logs/log-settings.js'
import { batchFromFile } from './batch.js'
import type { LeftOut } from './left-out.js'
import { onlyKey } from './model.js'
import { isOtlp, otlpFromFile, type Configuration } from './otlp.js'

/** Where a file sends log records. A processor or an exporter that there is not here is left out, and the app is traced all the same. */
export function logPipelinesFromFile(
  provider: LoggerProviderConfigModel | undefined,
  configuration: Configuration,
  leftOut: LeftOut,
): readonly LogPipelineSettings[] {
  leftOut.addKeysOf(provider, 'logger_provider', ['processors'])
  return (provider?.processors ?? []).flatMap((processor, i) =>
    pipeline(processor, `logger_provider.processors[${i}]`, configuration, leftOut),
  )
}

function pipeline(
  processor: LogRecordProcessorConfigModel,
  path: string,
  configuration: Configuration,
  leftOut: LeftOut,
): LogPipelineSettings[] {
  const kind = onlyKey(processor, 'log record processor')
  const properties = processor.batch ?? processor.simple
  if (!properties) {
    leftOut.add(`${path}.${kind}`)
    return []
  }
  const exporter = exporterOf(properties.exporter, `${path}.${kind}.exporter`, configuration, leftOut)
  if (!exporter) return []
  return [{ exporter, batch: processor.batch ? batchFromFile(processor.batch, 'logger_provider') : 'none' }]
}

function exporterOf(
  model: LogRecordExporterConfigModel,
  path: string,
  configuration: Configuration,
  leftOut: LeftOut,
): LogPipelineSettings['exporter'] | undefined {
  const kind = onlyKey(model, 'log record exporter')
  if (kind === 'console') return { kind }
  if (isOtlp(kind)) return otlpFromFile(model, kind, 'logs', configuration)
  leftOut.add(`${path}.${kind}`)
  return undefined
}
