import type { HrTime } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import type { MetricData, MetricProducer, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { nowEpochMillis } from '../../internal/runtime/clock.js'

/**
 * The producer that a MeterProvider gives to a reader, as far as it is read here. None of it is public: the SDK collects by
 * promises alone, and a process that ends at once settles no promise any more. The SDK's version is pinned, and a test fails
 * where the shape changes.
 */
interface Collector {
  readonly _sharedState: {
    readonly resource: ResourceMetrics['resource']
    readonly meterSharedStates: ReadonlyMap<string, Meter>
  }
}

interface Meter {
  readonly _instrumentationScope: ResourceMetrics['scopeMetrics'][number]['scope']
  readonly observableRegistry: {
    readonly _callbacks: readonly { callback: (result: object) => unknown; instrument: Observable }[]
    readonly _batchCallbacks: readonly { callback: (result: object) => unknown; instruments: Iterable<Observable> }[]
  }
  readonly metricStorageRegistry: { getStorages(collector: unknown): readonly Storage[] }
}

interface Observable {
  readonly _metricStorages: readonly { record(measurements: Measurements, time: HrTime): void }[]
}

interface Storage {
  readonly _deltaMetricStorage: { readonly _activeCollectionStorage: { readonly size: number } }
  collect(collector: unknown, time: HrTime): MetricData | undefined
}

interface Measurements {
  entries(): Iterable<readonly [attributes: object, value: number]>
}

/** A producer that can also be asked without waiting. */
export interface ImmediateProducer extends MetricProducer {
  collectNow(): ResourceMetrics['scopeMetrics']
  /** Grows with each measurement. */
  total(): number
}

/**
 * All metrics, collected in this turn. What an asynchronous callback would observe is missing.
 *
 * @param producer what a MeterProvider has given to its reader
 * @throws where the SDK is of another version than the one that is known here
 */
export function collectNow(producer: MetricProducer, others: readonly ImmediateProducer[]): ResourceMetrics {
  const collector = producer as unknown as Collector
  const time = millisToHrTime(nowEpochMillis())
  const { resource, meterSharedStates } = collector._sharedState
  const scopeMetrics = [...meterSharedStates.values()].flatMap((meter) => {
    observe(meter, time)
    const metrics = meter.metricStorageRegistry
      .getStorages(collector)
      .flatMap((storage) => storage.collect(collector, time) ?? [])
    return metrics.length > 0 ? [{ scope: meter._instrumentationScope, metrics }] : []
  })
  return { resource, scopeMetrics: [...scopeMetrics, ...others.flatMap((other) => other.collectNow())] }
}

/** Measures garbage collections, and the last export causes some. */
const OF_THE_RUNTIME = '@opentelemetry/instrumentation-runtime-node'

/** Whether an instrument of the app has measured anything since the last collection. @throws as {@link collectNow} does. */
export function hasNewMeasurements(producer: MetricProducer): boolean {
  const collector = producer as unknown as Collector
  return collector._sharedState.meterSharedStates
    .values()
    .filter(({ _instrumentationScope }) => _instrumentationScope.name !== OF_THE_RUNTIME)
    .flatMap(({ metricStorageRegistry }) => metricStorageRegistry.getStorages(collector))
    .some(({ _deltaMetricStorage }) => _deltaMetricStorage._activeCollectionStorage.size > 0)
}

function observe({ observableRegistry }: Meter, time: HrTime): void {
  for (const { callback, instrument } of observableRegistry._callbacks) {
    const values = new Values()
    call(() => callback({ observe: (value: unknown, attributes = {}) => values.add(attributes, value) }))
    record(instrument, values, time)
  }
  for (const { callback, instruments } of observableRegistry._batchCallbacks) {
    const values = new Map([...instruments].map((instrument) => [instrument, new Values()]))
    const result = {
      observe: (instrument: Observable, value: unknown, attributes = {}) =>
        values.get(instrument)?.add(attributes, value),
    }
    call(() => callback(result))
    for (const [instrument, observed] of values) record(instrument, observed, time)
  }
}

/** A callback of the app's that throws, or promises something, costs its own values alone. */
function call(callback: () => unknown): void {
  try {
    const returned = callback()
    if (returned instanceof Promise) returned.catch(() => undefined)
  } catch {
    // As in the SDK, where it is an error of the collection.
  }
}

function record({ _metricStorages }: Observable, values: Values, time: HrTime): void {
  if (values.isEmpty) return
  for (const storage of _metricStorages) storage.record(values, time)
}

class Values implements Measurements {
  readonly #entries: (readonly [attributes: object, value: number])[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  add(attributes: object, value: unknown): void {
    if (typeof value === 'number') this.#entries.push([attributes, value])
  }

  entries(): Iterable<readonly [attributes: object, value: number]> {
    return this.#entries
  }
}
