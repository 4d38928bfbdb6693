export type FindingLevel = 'error' | 'warning' | 'info'

/** How much the trace itself proves: `guess` is what timing alone suggests. */
export type Confidence = 'certain' | 'likely' | 'guess'

/** Where in the app's source a span was made (`code.file.path` and its like). */
export interface CodeLocation {
  readonly path: string
  readonly line?: number
  readonly function?: string
}

/** From when on findings of a kind count, by their ids (`--limit n+1.count=10`). */
export type FindingLimits = ReadonlyMap<string, FindingLimit>

export interface FindingLimit {
  readonly count?: number
  readonly durationMillis?: number
}

/** One thing that is wrong in one trace, or in the spans of a process at one time. */
export interface Finding {
  /** Which detector found it: `n+1`, `slow-query`, `error`, … */
  readonly id: string
  readonly level: FindingLevel
  readonly confidence: Confidence
  /** What happened, in one sentence with its figures. */
  readonly sentence: string
  /** What to do about it. Absent where the sentence says all there is to know. */
  readonly advice?: string
  /** The same for the same fault in another trace: made of the id, the service, the root's name and a key, without ids and times. */
  readonly fingerprint: string
  readonly service: string
  readonly traceId: string
  /** The spans that show it, the most telling one first. */
  readonly spanIds: readonly string[]
  /** How often within the trace (`--limit n+1.count=10`). */
  readonly count: number
  /** Busy time of the spans together. */
  readonly durationMicros: number
  /** The share of the root's critical path, from 0 to 1. */
  readonly pathShare: number
  /** How much less time the request would take, at most. */
  readonly savedMicros?: number
  readonly code?: CodeLocation
}

/** Findings of one fingerprint over many traces: one row of the list. */
export interface FindingGroup extends Omit<Finding, 'traceId' | 'spanIds'> {
  /** In how many traces it was found, and how many traces with a root of that name there are. */
  readonly traces: number
  readonly ofTraces: number
  /** Up to three traces that show it. */
  readonly examples: readonly { readonly traceId: string; readonly spanIds: readonly string[] }[]
}
