import { context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api'
import { outOfRange, wrongType } from '../internal/checks/validate.js'
import { isObject } from '../internal/checks/safe-get.js'

/** What {@link traceExemplar} gives: `{}` where no sampled span is active. */
export interface TraceExemplar {
  /** `trace_id` and `span_id`, in hex; as open a type as prom-client's own allows, which knows the metric's labels only. */
  exemplarLabels?: Record<string, string>
}

/**
 * The active span as an exemplar for prom-client, to be spread into what is counted:
 *
 * ```ts
 * requests.inc({ labels: { route }, ...traceExemplar() })
 * duration.observe({ labels: { route }, value: seconds, ...traceExemplar() })
 * ```
 *
 * The metric needs `enableExemplars: true`, its registry the OpenMetrics content type. Only a sampled span is given: the
 * exemplar would lead nowhere otherwise. Not for `labels` themselves: a trace id there makes a series of every request.
 * Where all calls of a metric shall have one, {@link withExemplars}.
 */
export function traceExemplar(): TraceExemplar {
  const spanContext = trace.getSpanContext(context.active())
  if (spanContext === undefined || (spanContext.traceFlags & TraceFlags.SAMPLED) === 0) return {}
  if (!isSpanContextValid(spanContext)) return {}
  return { exemplarLabels: { trace_id: spanContext.traceId, span_id: spanContext.spanId } }
}

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
  if (type !== 'counter' && type !== 'histogram') throw wrongType('metric', allowed, metric)
  if (enableExemplars !== true) throw outOfRange('metric', allowed, metric)
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

/** What prom-client's metrics take where exemplars are on. */
export interface ExemplarCall {
  labels?: object
  value?: unknown
  exemplarLabels?: object
}

const KEYS: readonly string[] = ['labels', 'value', 'exemplarLabels']

/**
 * The arguments of `inc` and `observe` in prom-client's one form with exemplars: from `(2)`, `({ route }, 2)`,
 * `({ route })`, and from that form itself.
 */
export function exemplarCall(args: readonly unknown[], labelNames: readonly string[]): ExemplarCall {
  const [first, second] = args
  if (!isObject(first)) return first === undefined || first === null ? withValue({}, second) : { value: first }
  if (second === undefined && isExemplarForm(first, labelNames)) return first
  return withValue({ labels: first }, second)
}

/** A metric may have a label of the name `value`; then it is one. */
function isExemplarForm(given: object, labelNames: readonly string[]): given is ExemplarCall {
  return Object.keys(given).every((key) => KEYS.includes(key) && !labelNames.includes(key))
}

function withValue(call: ExemplarCall, value: unknown): ExemplarCall {
  return value === undefined ? call : { ...call, value }
}
