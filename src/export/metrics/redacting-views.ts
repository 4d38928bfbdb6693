import { InstrumentType, type IMetricReader, type ViewOptions } from '@opentelemetry/sdk-metrics'
import type { SpanValues } from '../../internal/privacy/span-values.js'

/**
 * Views by which the attributes of all measurements are redacted before they are aggregated, so that what has become equal is one
 * series. With a view the SDK no longer asks the reader how to aggregate: it is asked here.
 */
export function redactingViews(values: SpanValues, [reader]: readonly IMetricReader[]): ViewOptions[] {
  if (!reader) return []
  const attributesProcessors = [{ process: values.attributes.bind(values) }]
  return Object.values(InstrumentType).map((instrumentType) => ({
    instrumentType,
    attributesProcessors,
    aggregation: reader.selectAggregation(instrumentType),
    aggregationCardinalityLimit: reader.selectCardinalityLimit(instrumentType),
  }))
}
