import { TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { thresholdIn } from '../../internal/trace-state/threshold.js'
import type { SamplingCounts } from './sampling-counts.js'
import type { PendingTraces } from './pending-traces.js'
import { classByDuration, finalThreshold, isAtOrAbove, isLocalRoot, millisOf } from './pending-trace.js'
import type { Decision, PendingTrace } from './pending-trace.js'
import { guarded } from './guarded.js'
import type { TraceClass } from './policy.js'
import { promotedSpan } from './promoted-span.js'
import { RecentMap } from './recent-map.js'
import type { TailState } from './registry.js'

export type OnDecided = (traceId: string, decision: Decision) => void

/** Half of the decisions that late spans can still find. */
const GENERATION = 8_192

/** Decides fragments, sends what is kept on, and remembers for the spans that come late. */
export class TailDecisions {
  readonly #buffer: PendingTraces
  readonly #next: SpanProcessor
  readonly #counts: SamplingCounts
  readonly #onDecided: OnDecided | undefined
  readonly #recent = new RecentMap<Decision>(GENERATION)

  constructor(buffer: PendingTraces, next: SpanProcessor, counts: SamplingCounts, onDecided: OnDecided | undefined) {
    this.#buffer = buffer
    this.#next = next
    this.#counts = counts
    this.#onDecided = onDecided
  }

  knows(traceId: string): boolean {
    return this.#recent.get(traceId) !== undefined
  }

  stateOf(traceId: string): TailState | undefined {
    const decision = this.#recent.get(traceId)
    if (!decision) return undefined
    const { isKept, threshold, isEvicted } = decision
    return isKept && threshold !== undefined ? { kind: 'kept', threshold } : { kind: 'dropped', isRecorded: !isEvicted }
  }

  noteEnd(fragment: PendingTrace, span: ReadableSpan): void {
    fragment.openSpans -= 1
    if (!isLocalRoot(span)) return
    fragment.openRoots -= 1
    fragment.rootMillis = Math.max(fragment.rootMillis, millisOf(span.duration))
    fragment.rootEndedAt = fragment.policy.nowMillis()
  }

  decideByDuration(fragment: PendingTrace): void {
    this.decide(fragment, classByDuration(fragment, fragment.policy.nowMillis()))
  }

  decide(fragment: PendingTrace, traceClass: TraceClass): Decision {
    return this.#settle(new Undecided(fragment, false), traceClass)
  }

  /** Out of memory: it is kept only if its head had said so, whatever it turns out to be. */
  evicted(fragment: PendingTrace): void {
    this.#settle(new Undecided(fragment, true), 'normal')
  }

  /** A span that ended after the decision; false where there was none. */
  takeLate(traceId: string, span: ReadableSpan): boolean {
    const decision = this.#recent.get(traceId)
    if (!decision) return false
    guarded(() => {
      const { policy, slowMillis = Infinity } = decision.fragment
      if (policy.isError(span)) this.#upgrade(decision, 'error')
      else if (isLocalRoot(span) && millisOf(span.duration) >= slowMillis) this.#upgrade(decision, 'slow')
      if (decision.isKept) this.#send(decision, span)
      else this.#drop(decision, 1)
    })
    return true
  }

  keepLate(traceId: string): boolean | undefined {
    const decision = this.#recent.get(traceId)
    if (!decision) return undefined
    this.#upgrade(decision, 'kept')
    return decision.isKept
  }

  /** What went before the decision can't be brought back; what follows is promoted, and says that it is not all. */
  #upgrade(decision: Decision, traceClass: TraceClass): void {
    if (!decision.isEvicted && RANKS[traceClass] > RANKS[decision.traceClass]) this.#settle(decision, traceClass)
  }

  #settle(decision: Decision, traceClass: TraceClass): Decision {
    const { fragment, isEvicted } = decision
    const { policy, ended, traceId, randomness } = fragment
    const classThreshold = isEvicted || traceClass === 'normal' ? undefined : policy.nextThreshold(traceClass)
    decision.traceClass = traceClass
    decision.threshold = finalThreshold(fragment, classThreshold)
    decision.isKept = isAtOrAbove(randomness, decision.threshold)
    if (decision.isKept) policy.countKept(traceClass)
    this.#buffer.remove(fragment)
    this.#recent.set(traceId, decision)
    this.#counts.undecided -= ended.length
    if (decision.isKept) for (const span of ended) guarded(() => this.#send(decision, span))
    else if (ended.length > 0) this.#drop(decision, ended.length)
    ended.length = 0
    this.#onDecided?.(traceId, decision)
    return decision
  }

  #drop(decision: Decision, spans: number): void {
    decision.hasLostSpans = true
    this.#counts.sampledOut += spans
  }

  #send({ threshold, hasLostSpans }: Decision, span: ReadableSpan): void {
    const { traceState, traceFlags } = span.spanContext()
    const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
    this.#counts.passedOn += 1
    const isAsItShould = isSampled && !hasLostSpans && thresholdIn(traceState) === threshold
    this.#next.onEnd(isAsItShould || threshold === undefined ? span : promotedSpan(span, threshold, hasLostSpans))
  }
}

class Undecided implements Decision {
  readonly fragment: PendingTrace
  readonly isEvicted: boolean
  traceClass: TraceClass = 'normal'
  threshold: string | undefined = undefined
  isKept = false
  hasLostSpans = false

  constructor(fragment: PendingTrace, isEvicted: boolean) {
    this.fragment = fragment
    this.isEvicted = isEvicted
  }
}

/** A class that was found out later takes the place of a lower one. */
const RANKS: Readonly<Record<TraceClass, number>> = { normal: 0, slow: 1, error: 2, kept: 3 }
