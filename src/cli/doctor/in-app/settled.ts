import { DiagLogLevel } from '@opentelemetry/api'
import { appPackage } from '../../../config/app-package.js'
import { DEFAULTS, type TracingOptions } from '../../../config/options.js'
import { foundIn } from '../../../config/provenance.js'
import { resolvePropagation } from '../../../config/resolve.js'
import type { TracingSettings } from '../../../config/settings.js'
import { resolveBatchOptions } from '../../../export/pipeline/batch-options.js'
import { resolveHttpRequestOptions, type CapturedHeaders } from '../../../instrumentation/http/request-options.js'
import { EVERYWHERE } from '../../../propagation/propagation-targets.js'
import type { StartedParts } from '../../../internal/diagnostics/doctor.js'
import type { ExporterInUse } from '../process-report.js'
import { inWords } from './format-options.js'

/** What holds, whoever has said so, by the names that config/provenance.ts knows. */
export function settledInWords(parts: StartedParts, ways: readonly ExporterInUse[]): Record<string, string> {
  const options = parts.options as TracingOptions
  const settings = parts.settings as TracingSettings
  const configured = settings.pipelines[0]?.batch ?? {}
  const batch = resolveBatchOptions({ ...(configured === 'none' ? {} : configured), ...options.batch }, {})
  const limits = { ...settings.spanLimits, ...options.spanLimits }
  const propagators = options.propagators ?? settings.propagators
  const propagation = resolvePropagation(options, settings)
  const httpRequests = resolveHttpRequestOptions(options, settings.httpRequests)
  return {
    ...resourceInWords(parts),
    exporter: ways.map(wayInWords).join(', ') || 'none',
    sampler: inWords(parts.sampler),
    propagators: inWords(propagators) || 'none',
    propagationTargets: propagation.propagationTargets === EVERYWHERE ? 'all' : inWords(propagation.propagationTargets),
    trustIncoming: inWords(propagation.trustIncoming),
    traceResponseHeaders: inWords(propagation.traceResponseHeaders) || 'none',
    ignorePaths: inWords(httpRequests.ignorePaths) || 'none',
    ignoreOutgoingHosts: inWords(httpRequests.ignoreOutgoingHosts) || 'none',
    ...capturedInWords(httpRequests.captureHeaders),
    baggageAttributes: inWords(propagation.baggageAttributes) || 'none',
    ...prefixed('batch', batch),
    ...prefixed('spanLimits', limits),
    instrumentations: inWords(options.instrumentations ?? ['auto']),
    enabledInstrumentations: settings.enabledInstrumentations?.join(', ') ?? 'the usual ones',
    disabledInstrumentations: settings.disabledInstrumentations.join(', ') || 'none',
    logLevel: DiagLogLevel[settings.logLevel].toLowerCase(),
    shutdownTimeoutMillis: String(options.shutdownTimeoutMillis ?? DEFAULTS.shutdownTimeoutMillis),
    spanMetrics: options.spanMetrics ? 'on' : 'off',
  }
}

function capturedInWords(captured: CapturedHeaders): Record<string, string> {
  const rows = Object.entries(captured).flatMap(([side, directions]) =>
    Object.entries(directions as Record<string, readonly string[]>).map(([direction, names]) => [
      `captureHeaders.${side}.${direction}`,
      names.join(', '),
    ]),
  )
  return Object.fromEntries(rows) as Record<string, string>
}

function wayInWords(way: ExporterInUse): string {
  return 'name' in way ? way.name : way.kind
}

const RESOURCE = ['service.name', 'service.version', 'deployment.environment.name']

/** Of what is known at once; to ask for all of it would be complained of. The first of a name holds. */
function resourceInWords({ resource }: StartedParts): Record<string, string> {
  const words: Record<string, string> = {}
  for (const [name, value] of resource().getRawAttributes()) {
    if (RESOURCE.includes(name) && typeof value === 'string') words[name] ??= value
  }
  return { ...words, ...packageInWords(words) }
}

/** Where a name is the one in package.json, it was read there: whoever says another goes before it, and whoever says the same is right. */
function packageInWords(words: Readonly<Record<string, string>>): Record<string, string> {
  const app = appPackage()
  if (!app || words['service.name'] !== app.name) return {}
  return {
    [foundIn('service.name')]: app.file,
    ...(words['service.version'] === app.version && { [foundIn('service.version')]: app.file }),
  }
}

function prefixed(prefix: string, values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, inWords(value)]))
}
