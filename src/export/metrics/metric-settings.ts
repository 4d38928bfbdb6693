import { readEnv, readEnvList, readEnvNumber, warnOfEnvValue } from '../../internal/runtime/env.js'
import { otlpFromEnvironment } from '../pipeline/otlp-settings.js'
import type { OtlpMetricSettings } from './otlp-metric-exporter.js'
import { histogramFromEnvironment, temporalityFromEnvironment } from './temporality.js'

/** One way out for metrics. */
export type MetricPipelineSettings =
  | ({ readonly kind: 'otlp' } & OtlpMetricSettings & Periods)
  | ({ readonly kind: 'console' } & Periods)
  | { readonly kind: 'prometheus'; readonly host: string | undefined; readonly port: number | undefined }

interface Periods {
  readonly intervalMillis: number
  readonly timeoutMillis: number
}

/** Specification, "Periodic exporting MetricReader". */
export const PERIODS: Periods = { intervalMillis: 60_000, timeoutMillis: 30_000 }

/** OTEL_METRICS_EXPORTER, with the variables of each exporter; empty: metrics go nowhere; undefined: nothing was said. */
export function metricPipelinesFromEnvironment(
  names: readonly string[] | undefined = readEnvList('OTEL_METRICS_EXPORTER'),
): readonly MetricPipelineSettings[] | undefined {
  if (!names) return undefined
  if (names.includes('none')) return []
  return [...new Set(names)].flatMap((name): MetricPipelineSettings[] => {
    if (name === 'otlp') {
      const [temporality, histogram] = [temporalityFromEnvironment(), histogramFromEnvironment()]
      return [{ kind: 'otlp', otlp: otlpFromEnvironment('metrics'), temporality, histogram, ...periods() }]
    }
    if (name === 'console') return [{ kind: 'console', ...periods() }]
    if (name === 'prometheus') return [prometheus()]
    warnOfEnvValue('OTEL_METRICS_EXPORTER', 'a list of otlp, console, prometheus, or none', `"${name}" is left out`)
    return []
  })
}

/** The timeout is not longer than the interval. */
function periods(): Periods {
  const millis = { min: 1, integer: true }
  const intervalMillis = readEnvNumber('OTEL_METRIC_EXPORT_INTERVAL', millis) ?? PERIODS.intervalMillis
  const timeoutMillis = readEnvNumber('OTEL_METRIC_EXPORT_TIMEOUT', millis) ?? PERIODS.timeoutMillis
  return { intervalMillis, timeoutMillis: Math.min(timeoutMillis, intervalMillis) }
}

function prometheus(): MetricPipelineSettings {
  const port = readEnvNumber('OTEL_EXPORTER_PROMETHEUS_PORT', { min: 0, max: 65_535, integer: true })
  return { kind: 'prometheus', host: readEnv('OTEL_EXPORTER_PROMETHEUS_HOST'), port }
}
