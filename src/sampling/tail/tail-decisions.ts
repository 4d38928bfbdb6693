import { TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { thresholdIn, withThreshold } from '../../internal/trace-state/threshold.js'
import {
  classByDuration,
  finalThreshold,
  isAtOrAbove,
  isLocalRoot,
  millisOf,
  type PendingTraces,
  type Decision,
  type PendingTrace,
  type TraceClass,
} from './pending-trace.js'
import type { TailState } from './registry.js'
import { safely } from '../../internal/diagnostics/diagnostics.js'

/** What has become of all spans up to where those that are kept are passed on. */
export interface SamplingCounts {
  started: number
  open: number
  notRecorded: number
  /** Ended, and held back until their trace is decided. */
  undecided: number
  sampledOut: number
  passedOn: number
}

export function noSamplingCounts(): SamplingCounts {
  return { started: 0, open: 0, notRecorded: 0, undecided: 0, sampledOut: 0, passedOn: 0 }
}

export type OnDecided = (traceId: string, decision: Decision) => void

/** What is logged where the tail, or a function of the user's that it calls, throws. */
export const FAILED = 'sampling at the end of a trace failed'

/** Half of the decisions that late spans can still find. */
const GENERATION = 8_192

/** Decides traces, sends what is kept on, and remembers for the spans that come late. */
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

  noteEnd(trace: PendingTrace, span: ReadableSpan): void {
    trace.openSpans -= 1
    if (!isLocalRoot(span)) return
    trace.openRoots -= 1
    trace.rootMillis = Math.max(trace.rootMillis, millisOf(span.duration))
    trace.rootEndedAt = trace.policy.nowMillis()
  }

  decideByDuration(trace: PendingTrace): void {
    this.decide(trace, classByDuration(trace, trace.policy.nowMillis()))
  }

  decide(trace: PendingTrace, traceClass: TraceClass): Decision {
    return this.#settle(undecided(trace, false), traceClass)
  }

  /** Out of memory: it is kept only if its head had said so, whatever it turns out to be. */
  evicted(trace: PendingTrace): void {
    this.#settle(undecided(trace, true), 'normal')
  }

  /** A span that ended after the decision; false where there was none. */
  takeLate(traceId: string, span: ReadableSpan): boolean {
    const decision = this.#recent.get(traceId)
    if (!decision) return false
    safely(FAILED, () => {
      const { policy, slowMillis = Infinity } = decision.trace
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
    const { trace, isEvicted } = decision
    const { policy, ended, traceId, randomness } = trace
    const classThreshold = isEvicted || traceClass === 'normal' ? undefined : policy.nextThreshold(traceClass)
    decision.traceClass = traceClass
    decision.threshold = finalThreshold(trace, classThreshold)
    decision.isKept = isAtOrAbove(randomness, decision.threshold)
    if (decision.isKept) policy.countKept(traceClass)
    this.#buffer.remove(trace)
    this.#recent.set(traceId, decision)
    this.#counts.undecided -= ended.length
    if (decision.isKept) for (const span of ended) safely(FAILED, () => this.#send(decision, span))
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

function undecided(trace: PendingTrace, isEvicted: boolean): Decision {
  return { trace, isEvicted, traceClass: 'normal', threshold: undefined, isKept: false, hasLostSpans: false }
}

/** A class that was found out later takes the place of a lower one. */
const RANKS: Readonly<Record<TraceClass, number>> = { normal: 0, slow: 1, error: 2, kept: 3 }

/** On the spans of a trace whose earlier spans had gone when it turned out to be worth keeping. */
const PARTIAL_ATTRIBUTE = 'sampling.partial'

/**
 * The span as a sampled one with this threshold. A span context is immutable, and the app may still hold the span, so it
 * stays as it is and the next processor sees it through this.
 */
export function promotedSpan(span: ReadableSpan, threshold: string, isPartial: boolean): ReadableSpan {
  const original = span.spanContext()
  const traceState = withThreshold(original.traceState, threshold)
  const spanContext = { ...original, traceFlags: original.traceFlags | TraceFlags.SAMPLED, traceState }
  const { name, kind, startTime, endTime, duration, ended, status, links, events, parentSpanContext } = span
  const { resource, instrumentationScope, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span
  return {
    ...{ name, kind, startTime, endTime, duration, ended, status, links, events, resource, instrumentationScope },
    ...{ droppedAttributesCount, droppedEventsCount, droppedLinksCount },
    ...(parentSpanContext && { parentSpanContext }),
    spanContext: () => spanContext,
    attributes: isPartial ? { ...span.attributes, [PARTIAL_ATTRIBUTE]: true } : span.attributes,
  }
}

/**
 * Remembers at least the last `generation` keys that were set or read, and at most twice as many. Two maps that take
 * turns: to delete the oldest key of one map again and again walks over all keys deleted before it.
 */
export class RecentMap<V> {
  readonly #generation: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(generation: number) {
    this.#generation = generation
  }

  get(key: string): V | undefined {
    if (this.#young.size === 0) return undefined
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.size > 0 ? this.#old.get(key) : undefined
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#generation && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
