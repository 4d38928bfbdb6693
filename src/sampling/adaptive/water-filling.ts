/** A share of the load: how many come, and how much they matter. Both above 0. */
export interface Demand {
  readonly count: number
  readonly weight: number
}

/**
 * Solves Σ min(count, λ·weight) = budget for λ, exactly: whoever asks for less than its share is served whole, and what it
 * leaves is shared by the rest. Infinity where the budget serves all.
 */
export function waterLevel(demands: readonly Demand[], budget: number): number {
  const byNeed = [...demands].sort((a, b) => a.count / a.weight - b.count / b.weight)
  let left = budget
  let weight = byNeed.reduce((sum, demand) => sum + demand.weight, 0)
  for (const demand of byNeed) {
    const level = left / weight
    if (demand.count > level * demand.weight) return level
    left -= demand.count
    weight -= demand.weight
  }
  return Infinity
}
