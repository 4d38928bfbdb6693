import { DiagLogLevel } from '@opentelemetry/api'
import { logPipelinesFromEnvironment } from '../export/logs/log-settings.js'
import { metricPipelinesFromEnvironment } from '../export/metrics/metric-settings.js'
import { otlpFromEnvironment } from '../export/pipeline/otlp-settings.js'
import type { ExporterSettings } from '../export/pipeline/span-processors.js'
import { readTable } from '../internal/checks/option-table.js'
import { warnOfEnvValue, readEnv, readEnvList } from '../internal/runtime/env.js'
import { warnOnce } from '../internal/diagnostics/diagnostics.js'
import { DEFAULT_PROPAGATORS, propagatorByName } from '../propagation/by-name.js'
import { samplerFromEnvironmentName } from '../sampling/names/env.js'
import { OPTIONS, type TracingOptions } from './options.js'
import { areEnvAttributesWrong, DEFAULT_DETECTORS, detectorsWithEnv } from './resource/resource-detectors.js'
import type { TracingSettings } from './settings.js'

/**
 * Reads the `OTEL_*` variables of the specification and of NodeSDK that concern tracing. A wrong value is logged once and
 * counts as unset: it neither stops nor changes the app. The OTLP and Zipkin exporters read their own variables.
 */
export function settingsFromEnvironment(): TracingSettings {
  const options: TracingOptions = readTable(OPTIONS)
  return {
    disabled: isDisabled(),
    logLevel: logLevelFromEnvironment(),
    resourceAttributes: {},
    resourceDetectors: resourceDetectors(),
    tracesAreOn: true,
    pipelines: exporters().map((exporter) => ({ exporter, batch: options.batch ?? {} })),
    sampler: sampler(),
    propagators: propagators(),
    options,
    logPipelines: logPipelinesFromEnvironment(),
    metricPipelines: metricPipelinesFromEnvironment(),
    enabledInstrumentations: readEnvList('OTEL_NODE_ENABLED_INSTRUMENTATIONS'),
    disabledInstrumentations: readEnvList('OTEL_NODE_DISABLED_INSTRUMENTATIONS') ?? [],
  }
}

/** Specification, "Boolean value": only the word true, in any case, is true; anything else is false. */
function isDisabled(): boolean {
  const value = readEnv('OTEL_SDK_DISABLED')?.toLowerCase()
  if (value !== undefined && value !== 'true' && value !== 'false') {
    warnOfEnvValue('OTEL_SDK_DISABLED', 'true or false', 'tracing is on')
  }
  return value === 'true'
}

export function logLevelFromEnvironment(): DiagLogLevel {
  const value = readEnv('OTEL_LOG_LEVEL')?.toUpperCase()
  if (value === undefined) return DiagLogLevel.WARN
  if (Object.hasOwn(DiagLogLevel, value)) return DiagLogLevel[value as keyof typeof DiagLogLevel]
  warnOfEnvValue('OTEL_LOG_LEVEL', 'NONE, ERROR, WARN, INFO, DEBUG, VERBOSE or ALL', 'WARN is used')
  return DiagLogLevel.WARN
}

function resourceDetectors(): TracingSettings['resourceDetectors'] {
  if (areEnvAttributesWrong()) {
    const allowed = 'key=value pairs with commas between, percent-encoded and at most 255 characters each'
    warnOfEnvValue('OTEL_RESOURCE_ATTRIBUTES', allowed, 'all of it is left out, as the specification asks')
  }
  const names = readEnvList('OTEL_NODE_RESOURCE_DETECTORS')
  if (!names) return DEFAULT_DETECTORS
  return detectorsWithEnv(names, (name) =>
    warnOnce(`detector ${name}`, `OTEL_NODE_RESOURCE_DETECTORS: there is no detector "${name}"; it is left out`),
  )
}

function exporters(): readonly ExporterSettings[] {
  const names = new Set(readEnvList('OTEL_TRACES_EXPORTER') ?? ['otlp'])
  if (names.delete('none')) {
    if (names.size === 0) return []
    warnOfEnvValue('OTEL_TRACES_EXPORTER', 'none alone, or exporters', 'the word none is ignored')
  }
  const found: ExporterSettings[] = []
  for (const name of names) {
    if (name === 'otlp') found.push(otlpFromEnvironment())
    else if (name === 'console' || name === 'zipkin') found.push({ kind: name })
    else warnOfEnvValue('OTEL_TRACES_EXPORTER', 'a list of otlp, console, zipkin, or none', `"${name}" is left out`)
  }
  return found.length > 0 ? found : [otlpFromEnvironment()]
}

const ARGUMENT = 'OTEL_TRACES_SAMPLER_ARG'

function sampler(): TracingSettings['sampler'] {
  const name = readEnv('OTEL_TRACES_SAMPLER')
  if (name === undefined) {
    if (readEnv(ARGUMENT) !== undefined) {
      const what = 'the sampler in code holds where there is one, and else every trace is kept'
      warnOnce(ARGUMENT, `${ARGUMENT} changes nothing without OTEL_TRACES_SAMPLER; ${what}`)
    }
    return undefined
  }
  const complaints = {
    unknownName: (names: readonly string[]) =>
      warnOfEnvValue('OTEL_TRACES_SAMPLER', names.join(', '), 'parentbased_always_on is used'),
    wrongArgument: (problem: string, instead: string) => warnOnce(ARGUMENT, `${ARGUMENT}: ${problem}; ${instead}`),
  }
  const serviceName = readEnv('OTEL_SERVICE_NAME')
  const defaults = serviceName === undefined ? {} : { jaeger_remote: { serviceName } }
  return samplerFromEnvironmentName(name, readEnv(ARGUMENT), complaints, defaults)
}

function propagators(): TracingSettings['propagators'] {
  const names = [...new Set(readEnvList('OTEL_PROPAGATORS') ?? DEFAULT_PROPAGATORS)]
  if (names.includes('none')) return []
  const found = names.flatMap((name) => {
    const propagator = propagatorByName(name)
    if (!propagator) warnOnce(`propagator ${name}`, `OTEL_PROPAGATORS: there is no "${name}"; it is left out`)
    return propagator ?? []
  })
  return found.length > 0 ? found : DEFAULT_PROPAGATORS.flatMap((name) => propagatorByName(name) ?? [])
}
