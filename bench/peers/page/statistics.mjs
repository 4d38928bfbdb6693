// From samples to what stands on the page. Pure.
import { median } from '../../delivery/figures.mjs'

/** The values of a figure, one a round; of an added one, what the peer adds to plain node in the same round. */
function valuesOf(samples, name, { key, isAdded }) {
  const values = (samples[name] ?? []).map((sample) => sample[key])
  if (!isAdded || name === 'none') return values.filter((value) => value !== undefined)
  const plain = samples.none ?? []
  return values.map((value, round) => value - plain[round]?.[key]).filter((value) => !Number.isNaN(value))
}

/** @returns median and spread, or undefined where nothing was measured */
export function summarize(samples, name, figure) {
  const values = valuesOf(samples, name, figure)
  if (values.length === 0) return undefined
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** Every figure of a row, of every peer. */
export function summarizeRow(row, results, names) {
  return row.figures.map((figure) => {
    const samples = results.rows[figure.from ?? row.key]?.samples ?? {}
    return { figure, ofPeer: Object.fromEntries(names.map((name) => [name, summarize(samples, name, figure)])) }
  })
}

/** Smaller steps than these are none: what the page shows of a figure. */
const rounded = (value) => Number(value.toPrecision(3))

/**
 * Where another one's median is better than ours.
 * `isClear`: the spreads don't touch, so that a further run would hardly say otherwise.
 */
export function peersAhead({ figure, ofPeer }, ours) {
  const own = ofPeer[ours]
  if (figure.isLessBetter === undefined || own === undefined) return []
  const sign = figure.isLessBetter ? 1 : -1
  return Object.entries(ofPeer)
    .filter(([name, theirs]) => name !== 'none' && name !== ours && theirs !== undefined)
    .filter(([, theirs]) => sign * (rounded(own.median) - rounded(theirs.median)) > 0)
    .map(([name, theirs]) => ({
      name,
      theirs,
      own,
      isClear: figure.isLessBetter ? theirs.max < own.min : theirs.min > own.max,
    }))
    .toSorted((a, b) => sign * (a.theirs.median - b.theirs.median))
}
