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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
