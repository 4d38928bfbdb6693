import type { SpanContext } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { randomnessOf, rvIn, thresholdIn } from '../../internal/trace-state/threshold.js'
import type { RootDecision } from '../tail/root-decision.js'
import type { OnDecided } from '../tail/tail-decisions.js'

/**
 * Remembers what was added last, so many entries. Something is added for every trace, and hardly ever looked up: so to add is
 * two writes, and the place of a key is found out when it is looked up.
 */
export class RecentLog<V> {
  readonly #capacity: number
  /** Rings: the n-th addition is at n modulo the capacity. */
  readonly #keys: string[] = []
  readonly #values: V[] = []
  /** Of a key, its last addition; of all that had been added at the last look-up. */
  readonly #index = new Map<string, number>()
  #added = 0
  #indexed = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(key: string, value: V): void {
    const place = this.#added % this.#capacity
    if (this.#index.size > 0) this.#forget(place)
    this.#keys[place] = key
    this.#values[place] = value
    this.#added += 1
  }

  get(key: string): V | undefined {
    const place = this.#placeOf(key)
    return place === undefined ? undefined : this.#values[place]
  }

  /** Does nothing where the key is not remembered any more. */
  replace(key: string, value: V): void {
    const place = this.#placeOf(key)
    if (place !== undefined) this.#values[place] = value
  }

  /** What is there is about to be overwritten. */
  #forget(place: number): void {
    const key = this.#keys[place]
    if (key !== undefined && this.#index.get(key) === this.#added - this.#capacity) this.#index.delete(key)
  }

  #placeOf(key: string): number | undefined {
    for (let n = Math.max(this.#indexed, this.#added - this.#capacity); n < this.#added; n++) {
      const added = this.#keys[n % this.#capacity]
      if (added !== undefined) this.#index.set(added, n)
    }
    this.#indexed = this.#added
    const last = this.#index.get(key)
    return last === undefined ? undefined : last % this.#capacity
  }
}

/** Why a trace was kept or not; what `tracing.explain(traceId)` answers. */
export interface SamplingDecisionRecord {
  readonly traceId: string
  /** The sampler that was asked, as it describes itself. */
  readonly sampler: string
  /** The rule that matched, by its label. */
  readonly rule?: string
  /** R: fourteen hex digits; the trace is kept where R ≥ T. */
  readonly randomness: string
  /** T, in the form of `ot=th:`. Absent where a sampler dropped the trace and did not say at which threshold. */
  readonly threshold?: string
  /** What the head decided. `recorded`: held back, to be decided at the end. */
  readonly head: 'sampled' | 'recorded' | 'dropped'
  /** What became of the trace in this process. */
  readonly outcome: 'kept' | 'dropped' | 'undecided'
  /** What decided: the head, the header of `force`, or the tail's class of the trace; `overflow`: no memory was left. */
  readonly reason: 'head' | 'forced' | 'normal' | 'slow' | 'error' | 'kept' | 'overflow'
  /** Only the spans that ended late were kept. */
  readonly partial?: boolean
}

/** How the note of a forced trace calls its sampler. */
export const FORCED = 'force'

const REMEMBERED = 10_000

/** Of many traces the same one. */
interface Entry {
  readonly sampler: Sampler
  readonly rule: string | undefined
  readonly rv: string | undefined
  readonly isForced: boolean
  readonly head: SamplingDecision
  readonly threshold: string | undefined
  /** Undefined until the tail has spoken. */
  readonly tail: Pick<SamplingDecisionRecord, 'outcome' | 'reason' | 'partial'> | undefined
}

/** The last 10,000 decisions about local roots, and what became of them. */
export class DecisionLog {
  readonly #entries = new RecentLog<Entry>(REMEMBERED)
  #latest: Entry | undefined

  add(
    traceId: string,
    sampler: Sampler,
    { decision: head, traceState }: SamplingResult,
    parent: SpanContext | undefined,
    note: RootDecision,
  ): void {
    const { rule } = note
    const state = traceState ?? parent?.traceState
    const isSampled = head === SamplingDecision.RECORD_AND_SAMPLED
    const threshold = note.threshold ?? (isSampled ? thresholdIn(state) : undefined)
    const rv = rvIn(state)
    const isForced = note.sampler === FORCED
    const latest = this.#latest
    const isSame =
      latest?.sampler === sampler &&
      latest.head === head &&
      latest.threshold === threshold &&
      latest.rule === rule &&
      latest.rv === rv &&
      latest.isForced === isForced
    const entry = isSame ? latest : { sampler, rule, rv, isForced, head, threshold, tail: undefined }
    this.#latest = entry
    this.#entries.add(traceId, entry)
  }

  /** Called by the tail processor. */
  readonly onDecided: OnDecided = (traceId, { isKept, hasLostSpans, isEvicted, threshold, traceClass }) => {
    const entry = this.#entries.get(traceId)
    if (!entry) return
    const reason = isEvicted ? 'overflow' : traceClass
    const outcome = isKept ? 'kept' : 'dropped'
    const tail = { outcome, reason, ...(isKept && hasLostSpans && { partial: true }) } as const
    this.#entries.replace(traceId, { ...entry, threshold: threshold ?? entry.threshold, tail })
  }

  /** The sampler that decided about the trace's local root. */
  samplerOf(traceId: string): Sampler | undefined {
    return this.#entries.get(traceId)?.sampler
  }

  explain(traceId: string): SamplingDecisionRecord | undefined {
    const entry = this.#entries.get(traceId)
    if (!entry) return undefined
    const { sampler, rule, rv, threshold, head } = entry
    return {
      traceId,
      sampler: sampler.toString(),
      ...(rule !== undefined && { rule }),
      randomness: randomnessOf(traceId, rv),
      ...(threshold !== undefined && { threshold }),
      head: HEAD_WORDS[head],
      ...(entry.tail ?? headOutcome(entry)),
    }
  }
}

const HEAD_WORDS = {
  [SamplingDecision.NOT_RECORD]: 'dropped',
  [SamplingDecision.RECORD]: 'recorded',
  [SamplingDecision.RECORD_AND_SAMPLED]: 'sampled',
} as const

function headOutcome({ head, isForced }: Entry): Pick<SamplingDecisionRecord, 'outcome' | 'reason'> {
  if (isForced) return { outcome: 'kept', reason: 'forced' }
  if (head === SamplingDecision.RECORD) return { outcome: 'undecided', reason: 'head' }
  return { outcome: head === SamplingDecision.RECORD_AND_SAMPLED ? 'kept' : 'dropped', reason: 'head' }
}
