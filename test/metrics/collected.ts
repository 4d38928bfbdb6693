import { DataPointType, type DataPoint, type MetricData, type MetricProducer } from '@opentelemetry/sdk-metrics'

/** What a producer has, by the metric's name. */
export async function collected(producer: MetricProducer): Promise<Record<string, MetricData>> {
  const { resourceMetrics, errors } = await producer.collect()
  if (errors.length > 0) throw new Error(String(errors[0]))
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
  return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]))
}

/** The calls by span name, kind and status, as `GET SERVER ERROR`. */
export function callsIn(metric: MetricData | undefined): Record<string, number> {
  if (metric?.dataPointType !== DataPointType.SUM) return {}
  return Object.fromEntries(metric.dataPoints.map(({ attributes, value }) => [seriesName({ attributes }), value]))
}

export function seriesName({ attributes }: Pick<DataPoint<unknown>, 'attributes'>): string {
  const names = [attributes['span.name'], attributes['span.kind'], attributes['status.code']] as string[]
  return names.map((name) => name.replace(/^(SPAN_KIND|STATUS_CODE)_/, '')).join(' ')
}
