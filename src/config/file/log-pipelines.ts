import type {
  LoggerProviderConfigModel,
  LogRecordExporterConfigModel,
  LogRecordProcessorConfigModel,
} from '@opentelemetry/configuration'
import type { LogPipelineSettings } from '../../export/logs/log-settings.js'
import { batchFromFile, isOtlp, onlyKey, otlpFromFile, type Unsupported } from './model.js'

/** Where a file sends log records. Processors and exporters that are not supported are left out. */
export function logPipelinesFromFile(
  provider: LoggerProviderConfigModel | undefined,
  unsupported: Unsupported,
): readonly LogPipelineSettings[] {
  unsupported.addKeysOf(provider, 'logger_provider', ['processors'])
  return (provider?.processors ?? []).flatMap((processor, i) =>
    pipeline(processor, `logger_provider.processors[${i}]`, unsupported),
  )
}

function pipeline(
  processor: LogRecordProcessorConfigModel,
  path: string,
  unsupported: Unsupported,
): LogPipelineSettings[] {
  const kind = onlyKey(processor, 'log record processor')
  const properties = processor.batch ?? processor.simple
  if (!properties) {
    unsupported.add(`${path}.${kind}`)
    return []
  }
  const exporter = exporterOf(properties.exporter, `${path}.${kind}.exporter`, unsupported)
  if (!exporter) return []
  return [{ exporter, batch: processor.batch ? batchFromFile(processor.batch, 'logger_provider') : 'none' }]
}

function exporterOf(
  model: LogRecordExporterConfigModel,
  path: string,
  unsupported: Unsupported,
): LogPipelineSettings['exporter'] | undefined {
  const kind = onlyKey(model, 'log record exporter')
  if (kind === 'console') return { kind }
  if (isOtlp(kind)) return otlpFromFile(model, kind, 'logs')
  unsupported.add(`${path}.${kind}`)
  return undefined
}
