/** From and to, and what else a piece of a bar is. */
type Piece = readonly [start: number, end: number, kind?: boolean]

/** Pieces of one kind that are nearer to each other than the gap are one: nobody sees them apart. */
export function joined<P extends Piece>(pieces: readonly P[], gap: number): readonly P[] {
  if (pieces.length < 2) return pieces
  const merged: [number, number, boolean | undefined][] = []
  for (const [start, end, kind] of pieces.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && last[2] === kind && start <= last[1] + gap) last[1] = Math.max(last[1], end)
    else merged.push([start, end, kind])
  }
  return merged as readonly Piece[] as readonly P[]
}
