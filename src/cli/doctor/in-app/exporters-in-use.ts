import type { TracingOptions } from '../../../config/options.js'
import type { TracingSettings } from '../../../config/settings.js'
import { otlpFromEnvironment } from '../../../export/pipeline/otlp-settings.js'
import type { ExporterSettings } from '../../../export/pipeline/span-processors.js'
import type { StartedParts } from '../../../internal/diagnostics/doctor.js'
import type { ExporterInUse } from '../process-report.js'

/** How spans leave, in the order of the processors. */
export function exportersInUse(parts: StartedParts): readonly ExporterInUse[] {
  const { spanProcessors = ['auto'], traceExporter } = parts.options as TracingOptions
  const { pipelines } = parts.settings as TracingSettings
  return spanProcessors.flatMap((given) => {
    // Of ours, the ledger knows what became of the spans.
    if (given !== 'auto') {
      return { kind: 'ledger' in given ? ('exporter' as const) : ('unknown' as const), name: given.constructor.name }
    }
    if (traceExporter === undefined) return pipelines.map(({ exporter }) => wayOf(exporter))
    if (traceExporter === 'none') return []
    if (traceExporter === 'console') return { kind: 'console' as const }
    if (typeof traceExporter === 'object') return { kind: 'exporter' as const, name: traceExporter.constructor.name }
    const configured = pipelines.filter(({ exporter }) => exporter.kind === 'otlp')
    return configured.length > 0 ? configured.map(({ exporter }) => wayOf(exporter)) : wayOf(otlpFromEnvironment())
  })
}

function wayOf(exporter: ExporterSettings): ExporterInUse {
  return exporter.kind === 'otlp' ? { kind: 'otlp', otlp: exporter } : { kind: exporter.kind }
}
