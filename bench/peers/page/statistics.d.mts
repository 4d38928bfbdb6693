export interface Figure {
  key: string
  label: string
  unit: string
  from?: string
  isLessBetter?: boolean
  isAdded?: boolean
  isHeadline?: boolean
  isShownForNone?: boolean
}
export interface Summary {
  median: number
  min: number
  max: number
}
/** By the names of the peers, one object of figures a round. */
export type Samples = Record<string, readonly Record<string, number>[]>
export interface FigureSummary {
  figure: Figure
  ofPeer: Record<string, Summary | undefined>
}
export interface PeerAhead {
  name: string
  theirs: Summary
  own: Summary
  isClear: boolean
}
export function summarize(samples: Samples, name: string, figure: Figure): Summary | undefined
export function peersAhead(summary: FigureSummary, ours: string): PeerAhead[]
