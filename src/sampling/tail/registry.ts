import { processWide } from '../../internal/runtime/process-wide.js'

/** How a trace stands with the tail; a new child span follows it. */
export type TailState =
  /** Not decided; the head said no. */
  | { readonly kind: 'undecided' }
  /** Not decided, but sampled by its head, so that it will be kept at some threshold. */
  | { readonly kind: 'sampled' }
  | { readonly kind: 'kept'; readonly threshold: string }
  /** Dropped; an error could still bring what follows back, unless nothing of the trace is recorded any more. */
  | { readonly kind: 'dropped'; readonly isRecorded: boolean }

/** A tail processor, as samplers and keep(span) see it. */
export interface TailStage {
  stateOf(traceId: string): TailState | undefined
  /** Keeps the trace from now on; whether it is kept, undefined where the trace is not known. */
  keep(traceId: string): boolean | undefined
}

/** The running stages; one, unless an app has several providers. */
const tails = processWide('tail-stages', () => new Set<TailStage>())

export function addTailStage(stage: TailStage): void {
  tails.add(stage)
}

export function removeTailStage(stage: TailStage): void {
  tails.delete(stage)
}

export function tailStateOf(traceId: string): TailState | undefined {
  for (const stage of tails) {
    const state = stage.stateOf(traceId)
    if (state) return state
  }
  return undefined
}

/** Whether a stage keeps the trace from now on; undefined where none knows it. */
export function keepTrace(traceId: string): boolean | undefined {
  let isKept: boolean | undefined
  for (const stage of tails) isKept = stage.keep(traceId) ?? isKept
  return isKept
}
