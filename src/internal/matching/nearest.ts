const MOST = 3

/**
 * The names that a misspelt one is nearest to, by the number of characters to be changed; at most three, the nearest first. None
 * where more than half would have to be changed.
 */
export function nearestOf(wrong: string, names: readonly string[]): readonly string[] {
  const distances = names
    .map((name) => ({ name, distance: editDistance(wrong.toLowerCase(), name) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  const [first] = distances
  if (!first) return []
  return distances
    .filter(({ distance }, index) => index < MOST && distance <= Math.min(first.distance + 1, wrong.length / 2))
    .map(({ name }) => name)
}

/** Characters to be added, removed or changed (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i] === to[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
