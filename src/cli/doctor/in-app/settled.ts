import { DiagLogLevel } from '@opentelemetry/api'
import { appPackage } from '../../../config/app-package.js'
import { resolveOptions, type TracingOptions } from '../../../config/options.js'
import { foundIn } from '../../../config/provenance.js'
import type { TracingSettings } from '../../../config/settings.js'
import { resolveBatchOptions } from '../../../export/pipeline/batch-options.js'
import { otlpFromEnvironment } from '../../../export/pipeline/otlp-settings.js'
import type { ExporterSettings } from '../../../export/pipeline/span-processors.js'
import type { StartedParts } from '../../../internal/diagnostics/doctor.js'
import type { ExporterInUse } from '../process-report.js'
import { formatOptions, inWords } from './format-options.js'

/** The values that hold, by the names that config/provenance.ts knows. */
export function settledInWords(parts: StartedParts, ways: readonly ExporterInUse[]): Record<string, string> {
  const given = parts.options as TracingOptions
  const settings = parts.settings as TracingSettings
  const configured = settings.pipelines[0]?.batch ?? {}
  const batch = resolveBatchOptions(given.batch ?? {}, configured === 'none' ? {} : configured)
  const options = resolveOptions(given, settings.options)
  return {
    ...formatOptions({ ...options, batch, propagators: options.propagators ?? settings.propagators }),
    ...resourceInWords(parts),
    exporter: ways.map(wayInWords).join(', ') || 'none',
    sampler: inWords(parts.sampler),
    enabledInstrumentations: settings.enabledInstrumentations?.join(', ') ?? 'the usual ones',
    disabledInstrumentations: settings.disabledInstrumentations.join(', ') || 'none',
    logLevel: DiagLogLevel[settings.logLevel].toLowerCase(),
  }
}

function wayInWords(way: ExporterInUse): string {
  return 'name' in way ? way.name : way.kind
}

const RESOURCE = ['service.name', 'service.version', 'deployment.environment.name']

/** Of what is known at once: OpenTelemetry warns where attributes are read before they are there. The first of a name holds. */
function resourceInWords({ resource }: StartedParts): Record<string, string> {
  const words: Record<string, string> = {}
  for (const [name, value] of resource().getRawAttributes()) {
    if (RESOURCE.includes(name) && typeof value === 'string') words[name] ??= value
  }
  return { ...words, ...packageInWords(words) }
}

/** Where the name is the one in package.json, it was read there: any other source takes precedence. */
function packageInWords(words: Readonly<Record<string, string>>): Record<string, string> {
  const app = appPackage()
  if (!app || words['service.name'] !== app.name) return {}
  return {
    [foundIn('service.name')]: app.file,
    ...(words['service.version'] === app.version && { [foundIn('service.version')]: app.file }),
  }
}

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
