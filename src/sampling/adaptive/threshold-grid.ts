import { encodeThreshold } from '../../internal/trace-state/threshold.js'
import { ThresholdDecision } from '../decision/threshold-decision.js'

/** Steps a halving. An adaptive probability is rounded to 2^(-k/32), at most 1.1 % off, so that thresholds are reused. */
const STEPS = 32
const LOWEST = 56 * STEPS

const grid: (ThresholdDecision | undefined)[] = []

/** The threshold on the grid nearest to a probability; 1 and above keep everything. The grid is bounded: 1,793 points. */
export function nearestKeepAt(probability: number): ThresholdDecision {
  if (probability >= 1) return pointAt(0)
  return pointAt(Math.min(LOWEST, Math.round(-STEPS * Math.log2(probability))))
}

function pointAt(step: number): ThresholdDecision {
  return (grid[step] ??= new ThresholdDecision(encodeThreshold(2 ** (-step / STEPS))))
}
