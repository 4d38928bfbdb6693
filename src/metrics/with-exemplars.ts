import { TracingConfigError } from '../internal/checks/errors.js'
import { exemplarCall, type ExemplarCall } from './exemplar-call.js'
import { traceExemplar } from './trace-exemplar.js'

/** What {@link withExemplars} needs of prom-client's Counter. */
export interface ExemplarCounter {
  inc(...args: never[]): unknown
  labels(...args: never[]): unknown
}

/** What {@link withExemplars} needs of prom-client's Histogram. */
export interface ExemplarHistogram {
  observe(...args: never[]): unknown
  startTimer(...args: never[]): unknown
  labels(...args: never[]): unknown
}

/** What is there beneath, of both. */
interface Metric {
  readonly type?: string
  readonly enableExemplars?: boolean
  readonly labelNames: readonly string[]
  inc?: (...args: unknown[]) => unknown
  observe?: (...args: unknown[]) => unknown
  startTimer?: (labels?: unknown, exemplarLabels?: unknown) => unknown
  labels: (...args: unknown[]) => unknown
}

const wrapped = new WeakSet<object>()

/**
 * Has a prom-client Counter or Histogram note the active span as the exemplar of each value, where that span is sampled:
 * `const requests = withExemplars(new Counter({ …, enableExemplars: true }))`. The same object comes back. Calls stay as
 * they were before `enableExemplars`, `inc({ route }, 2)` and `labels('/cart').observe(0.1)` too, which prom-client 15 by
 * itself gets wrong then; its own `inc({ labels, value, exemplarLabels })` works as well, and what it names goes first.
 * `startTimer` notes the span that is active as the timer starts, else the one at its end.
 *
 * Not for a metric that is counted outside of requests: no span is active there, and {@link traceExemplar} costs nothing.
 *
 * @throws TracingConfigError when it is neither, or was made without `enableExemplars: true`
 */
export function withExemplars<M extends ExemplarCounter | ExemplarHistogram>(metric: M): M {
  const inner = metric as unknown as Metric
  checkMetric(inner)
  if (wrapped.has(metric)) return metric
  wrapped.add(metric)
  const { inc, observe, startTimer, labels } = inner
  // With enableExemplars, prom-client takes the one form with all in an object, and nothing else.
  const record = (call: ExemplarCall): unknown => (inc ?? observe)?.call(metric, withActiveSpan(call))
  const recordArguments = (...args: unknown[]): unknown => record(exemplarCall(args, inner.labelNames))
  if (inc) inner.inc = recordArguments
  else inner.observe = recordArguments
  if (startTimer) {
    const timed: unknown = Object.create(metric, { observe: { value: record } })
    inner.startTimer = (start, exemplarLabels = traceExemplar().exemplarLabels) =>
      startTimer.call(timed, start, exemplarLabels)
  }
  inner.labels = (...args) => {
    // prom-client checks the labels; its own child would not know the form with exemplars.
    labels.apply(metric, args)
    return child(inner, labelsIn(args, inner.labelNames))
  }
  return metric
}

/** Exemplar labels that are empty are what prom-client's timer hands on where it got none. */
function withActiveSpan(call: ExemplarCall): ExemplarCall {
  const { exemplarLabels = {} } = call
  return Object.keys(exemplarLabels).length > 0 ? call : { ...call, ...traceExemplar() }
}

function checkMetric(metric: Metric): void {
  const allowed = 'a Counter or Histogram of prom-client, made with enableExemplars: true'
  const { type, enableExemplars } = Object(metric) as Partial<Metric>
  if (type !== 'counter' && type !== 'histogram') {
    throw new TracingConfigError('ERR_OPTION_TYPE', { option: 'metric', allowed, received: metric })
  }
  if (enableExemplars !== true) {
    throw new TracingConfigError('ERR_OPTION_RANGE', { option: 'metric', allowed, received: metric })
  }
}

function child(metric: Metric, labels: object): object {
  if (metric.inc) return { inc: (value?: number) => metric.inc?.(labels, value) }
  return {
    observe: (value: number) => metric.observe?.(labels, value),
    startTimer: () => metric.startTimer?.(labels),
  }
}

function labelsIn(args: readonly unknown[], names: readonly string[]): object {
  const [first] = args
  if (typeof first === 'object' && first !== null) return first
  return Object.fromEntries(names.map((name, index) => [name, args[index]]))
}
