import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type AggregationOption,
} from '@opentelemetry/sdk-metrics'
import { readEnv, warnOfEnvValue } from '../../internal/runtime/env.js'

const PREFERENCES = ['cumulative', 'delta', 'lowmemory'] as const
export type TemporalityPreference = (typeof PREFERENCES)[number]

const HISTOGRAMS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const
export type HistogramAggregation = (typeof HISTOGRAMS)[number]

const PREFERENCE_VARIABLE = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'
const HISTOGRAM_VARIABLE = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'

export function temporalityFromEnvironment(): TemporalityPreference {
  return oneOf(PREFERENCE_VARIABLE, PREFERENCES)
}

export function histogramFromEnvironment(): HistogramAggregation {
  return oneOf(HISTOGRAM_VARIABLE, HISTOGRAMS)
}

/** The first is the default. */
function oneOf<T extends string>(variable: string, allowed: readonly [T, ...T[]]): T {
  const value = readEnv(variable)?.toLowerCase()
  if (value === undefined) return allowed[0]
  const known = allowed.find((name) => name === value)
  if (known === undefined) warnOfEnvValue(variable, allowed.join(', '), `${allowed[0]} is used`)
  return known ?? allowed[0]
}

/** Specification, metrics exporters, OTLP: what may fall is always cumulative, and with `lowmemory` what is observed. */
export function temporalityOf(preference: TemporalityPreference, instrument: InstrumentType): AggregationTemporality {
  const { COUNTER, HISTOGRAM, UP_DOWN_COUNTER, OBSERVABLE_UP_DOWN_COUNTER } = InstrumentType
  const isDelta =
    preference === 'lowmemory'
      ? instrument === COUNTER || instrument === HISTOGRAM
      : preference === 'delta' && instrument !== UP_DOWN_COUNTER && instrument !== OBSERVABLE_UP_DOWN_COUNTER
  return isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE
}

export function aggregationOf(histogram: HistogramAggregation, instrument: InstrumentType): AggregationOption {
  const isExponential = histogram === 'base2_exponential_bucket_histogram' && instrument === InstrumentType.HISTOGRAM
  return { type: isExponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT }
}
