import { labelName, type Naming } from './naming.js'
import { labelValue } from './series-index.js'
import type { Exemplar, Series } from './series.js'
import type { PrometheusRegistry } from './span-metrics-options.js'

/** One line of Prometheus' text, as prom-client keeps it. */
interface Line {
  readonly metricName?: string
  readonly labels: Labels
  /** prom-client writes them once and remembers the text as long as the object lives. */
  readonly sharedLabels?: Labels
  readonly value: number
  readonly exemplar?: { labelSet: Labels; value: number; timestamp: number } | undefined
}

type Labels = Readonly<Record<string, string>>

/** What a registry of prom-client asks its metrics for. */
interface PromMetric {
  /** prom-client takes `_total` off where the format is OpenMetrics, and writes it itself. */
  name: string
  readonly help: string
  readonly type: 'counter' | 'histogram'
  readonly aggregator: 'sum'
  get(): Promise<object>
  getForPromString(): Promise<object>
  reset(): void
}

/** Has the registry show the series, as they are when it is asked. Returns a function that takes them out. */
export function registerSpanMetrics(
  registry: PrometheusRegistry,
  { calls, duration }: Naming,
  all: () => Promise<readonly Series[]>,
): () => void {
  const labels = labelsByMemory()
  const callLines = (series: Series): Line[] => [{ labels: {}, sharedLabels: labels(series), value: series.calls }]
  const isOpenMetrics = (): boolean => registry.contentType.startsWith('application/openmetrics-text')
  const durationLines = (series: Series): Line[] =>
    histogramLines(duration.prometheus, series, labels(series), isOpenMetrics())
  const metrics = [
    promMetric('counter', calls.prometheus, 'Spans that ended', async () => (await all()).flatMap(callLines)),
    promMetric('histogram', duration.prometheus, 'How long the spans took, in seconds', async () =>
      (await all()).flatMap(durationLines),
    ),
  ]
  for (const metric of metrics) registry.registerMetric(metric as never)
  return () => {
    registry.removeSingleMetric(calls.prometheus)
    registry.removeSingleMetric(duration.prometheus)
  }
}

function promMetric(type: PromMetric['type'], name: string, help: string, lines: () => Promise<Line[]>): PromMetric {
  const metric: PromMetric = {
    name,
    help,
    type,
    aggregator: 'sum',
    // For JSON, by which the workers of a cluster are summed.
    get: async () => described((await lines()).map(withOwnLabels)),
    getForPromString: async () => described(await lines()),
    // What is counted here is counted for OTLP too, where sums must not fall.
    reset: () => undefined,
  }
  const described = (values: Line[]): object => ({ name: metric.name, help, type, values, aggregator: 'sum' })
  return metric
}

function withOwnLabels({ sharedLabels, labels, ...line }: Line): Line {
  return { ...line, labels: { ...labels, ...sharedLabels } }
}

function histogramLines(name: string, series: Series, sharedLabels: Labels, isOpenMetrics: boolean): Line[] {
  const { explicit, exemplars, calls, sumSeconds } = series
  if (!explicit) return []
  let count = 0
  const buckets = explicit.counts.map((own, bucket): Line => {
    count += own
    const le = boundText(explicit.bounds[bucket], isOpenMetrics)
    return {
      metricName: `${name}_bucket`,
      labels: { le },
      sharedLabels,
      value: count,
      exemplar: exemplarLine(exemplars?.[bucket]),
    }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sumSeconds },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: calls },
  ]
}

/** OpenMetrics, "Considerations: Canonical Numbers": a bound that is an integer is written `1.0` there. */
function boundText(bound: number | undefined, isOpenMetrics: boolean): string {
  if (bound === undefined) return '+Inf'
  return isOpenMetrics && Number.isInteger(bound) ? bound.toFixed(1) : String(bound)
}

function exemplarLine(exemplar: Exemplar | undefined): Line['exemplar'] {
  if (!exemplar) return undefined
  const { spanContext, seconds, time } = exemplar
  return {
    labelSet: { trace_id: spanContext.traceId, span_id: spanContext.spanId },
    value: seconds,
    timestamp: time[0] + Math.round(time[1] / 1e6) / 1e3,
  }
}

/** The labels of a series never change. */
function labelsByMemory(): (series: Series) => Labels {
  const known = new WeakMap<Series, Labels>()
  return (series) => {
    let labels = known.get(series)
    if (!labels) {
      const pairs = Object.entries(series.attributes).map(([name, value]) => [labelName(name), labelValue(value) ?? ''])
      labels = Object.fromEntries(pairs) as Labels
      known.set(series, labels)
    }
    return labels
  }
}
