// Medians, ratios of paired rounds, and rows of the table of goals.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Each round's figure divided by the other's in the same round. */
export function ratios(ours, theirs) {
  return ours.map((value, round) => value / theirs[round])
}

export function differences(ours, theirs) {
  return ours.map((value, round) => value - theirs[round])
}

/** Two standard errors of the mean: about 95 % of such runs lie so close to the truth. Nothing is known of one round. */
export function uncertainty(values) {
  if (values.length < 2) return Infinity
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return 2 * Math.sqrt(squares / (values.length - 1) / values.length)
}

export const times = (value) => `${value.toFixed(2)}×`
export const percent = (value) => `${value.toFixed(2)} %`
export const millis = (value) => `${value.toFixed(0)} ms`
export const nanos = (value) => `${Math.round(value)} ns`

/** A goal that is a median not above `most`; without one, it is only told. */
export function row({ goal, most, show, stock, peer, values }) {
  return {
    goal,
    demand: most === undefined ? '' : `≤ ${show(most)}`,
    stock,
    'dd-trace': peer ?? '',
    spanwright: show(median(values)),
    'min..max': `${show(Math.min(...values))}..${show(Math.max(...values))}`,
    holds: most === undefined ? '' : median(values) <= most ? 'yes' : 'NO',
  }
}
