import { context, ROOT_CONTEXT, TraceFlags, type Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { randomnessOf, rvIn, thresholdIn } from '../../internal/trace-state/threshold.js'
import { readRootDecision, type RootDecision } from './root-decision.js'
import { noSamplingCounts, TailDecisions, type SamplingCounts, type OnDecided } from './tail-decisions.js'
import { PendingTraces, isLocalRoot, type PendingTrace } from './pending-trace.js'
import { fanOut } from '../../internal/processors/fan-out.js'
import { guarded } from './guarded.js'
import { addTailStage, removeTailStage, type TailStage, type TailState } from './registry.js'

export interface TailOptions {
  /** Ended spans that may wait for a decision, of all traces. Default 8,192. */
  readonly maxSpans?: number
  /** … and of one; a longer trace is decided with what is there. Default 512. */
  readonly maxSpansPerTrace?: number
  /** Told of each decision. */
  readonly onDecided?: OnDecided
  /** Where to count what becomes of spans. */
  readonly counts?: SamplingCounts
}

const DEFAULTS = { maxSpans: 8_192, maxSpansPerTrace: 512 } as const

/** A trace whose root has ended is not waited for longer: a span that never ends must not hold the others back. */
const AFTER_ROOT_MILLIS = 2_000
const LONGEST_WAIT_MILLIS = 60_000
const SWEEP_MILLIS = 500

/**
 * Stands in front of the processors that send spans, and decides at the end of a trace's local part whether it is kept.
 * Only traces that an error-biased sampler began are held back; all others pass. One for all processors of a provider: each
 * counts what it decides against the sampler's limits.
 */
export function tailSpanProcessor(next: readonly SpanProcessor[], options: TailOptions = {}): TailSpanProcessor {
  return new TailSamplingProcessor(fanOut(next), options)
}

export interface TailSpanProcessor extends SpanProcessor {
  /** Decides all traces of which a span has ended; one of which nothing is there yet loses nothing by waiting. */
  decideNow(): void
}

class TailSamplingProcessor implements TailSpanProcessor, TailStage {
  readonly #next: SpanProcessor
  readonly #mostSpansPerTrace: number
  readonly #counts: SamplingCounts
  readonly #buffer: PendingTraces
  readonly #decisions: TailDecisions
  #sweepTimer: NodeJS.Timeout | undefined
  #isShutDown = false

  constructor(next: SpanProcessor, options: TailOptions) {
    const { maxSpans, maxSpansPerTrace, onDecided, counts = noSamplingCounts() } = options
    this.#next = next
    this.#counts = counts
    this.#mostSpansPerTrace = maxSpansPerTrace ?? DEFAULTS.maxSpansPerTrace
    this.#buffer = new PendingTraces(maxSpans ?? DEFAULTS.maxSpans)
    this.#decisions = new TailDecisions(this.#buffer, next, counts, onDecided)
    addTailStage(this)
  }

  onStart(span: Span, parentContext: Context): void {
    this.#counts.open += 1
    if (this.#buffer.size > 0 || readRootDecision(span.spanContext().traceId)?.policy) guarded(() => this.#watch(span))
    this.#next.onStart(span, parentContext)
  }

  onEnding(span: Span): void {
    this.#next.onEnding?.(span)
  }

  onEnd(span: ReadableSpan): void {
    this.#counts.open -= 1
    const { traceId, traceFlags } = span.spanContext()
    const fragment = this.#buffer.get(traceId)
    if (fragment) {
      guarded(() => this.#hold(fragment, span))
      return
    }
    if (this.#decisions.takeLate(traceId, span)) return
    if ((traceFlags & TraceFlags.SAMPLED) !== 0) this.#counts.passedOn += 1
    else this.#counts.sampledOut += 1
    this.#next.onEnd(span)
  }

  decideNow(): void {
    for (const fragment of this.#buffer.all()) if (fragment.ended.length > 0) this.#decisions.decideByDuration(fragment)
  }

  forceFlush(): Promise<void> {
    this.decideNow()
    return this.#next.forceFlush()
  }

  shutdown(): Promise<void> {
    this.#isShutDown = true
    removeTailStage(this)
    clearTimeout(this.#sweepTimer)
    for (const fragment of this.#buffer.all()) this.#decisions.decideByDuration(fragment)
    return this.#next.shutdown()
  }

  stateOf(traceId: string): TailState | undefined {
    const fragment = this.#buffer.get(traceId)
    if (fragment) return fragment.baseThreshold === undefined ? UNDECIDED : SAMPLED
    return this.#decisions.stateOf(traceId)
  }

  keep(traceId: string): boolean | undefined {
    const fragment = this.#buffer.get(traceId)
    return fragment ? this.#decisions.decide(fragment, 'kept').isKept : this.#decisions.keepLate(traceId)
  }

  #watch(span: Span): void {
    const { traceId } = span.spanContext()
    let fragment = this.#buffer.get(traceId)
    if (!fragment) {
      const note = this.#isShutDown ? undefined : readRootDecision(traceId)
      if (!note?.policy || !isLocalRoot(span) || this.#decisions.knows(traceId)) return
      fragment = newPendingTrace(span, note, note.policy)
      if (!fragment) return
      this.#buffer.add(fragment)
      this.#scheduleSweep()
    }
    fragment.openSpans += 1
    if (isLocalRoot(span)) fragment.openRoots += 1
    this.#makeRoom()
  }

  #hold(fragment: PendingTrace, span: ReadableSpan): void {
    this.#buffer.hold(fragment, span)
    this.#counts.undecided += 1
    this.#decisions.noteEnd(fragment, span)
    if (fragment.policy.isError(span)) this.#decisions.decide(fragment, 'error')
    else if (fragment.openSpans <= 0 || fragment.ended.length >= this.#mostSpansPerTrace)
      this.#decisions.decideByDuration(fragment)
    this.#makeRoom()
  }

  #makeRoom(): void {
    while (this.#buffer.isOverfull) for (const fragment of this.#buffer.evict()) this.#decisions.evicted(fragment)
  }

  /** One timer for all: to a timer for each trace the event loop pays more than to looking. */
  #scheduleSweep(): void {
    if (this.#sweepTimer !== undefined || this.#isShutDown) return
    // In the root context: the timer must not hold on to what the first request had in its own.
    this.#sweepTimer = context.with(ROOT_CONTEXT, () => setTimeout(() => this.#sweep(), SWEEP_MILLIS))
    this.#sweepTimer.unref()
  }

  #sweep(): void {
    this.#sweepTimer = undefined
    for (const fragment of this.#buffer.all()) {
      const now = fragment.policy.nowMillis()
      const isLate = fragment.openRoots <= 0 && now - fragment.rootEndedAt >= AFTER_ROOT_MILLIS
      if (isLate || now - fragment.startedAt >= LONGEST_WAIT_MILLIS) {
        guarded(() => this.#decisions.decideByDuration(fragment))
      }
    }
    if (this.#buffer.size > 0) this.#scheduleSweep()
  }
}

const UNDECIDED: TailState = { kind: 'undecided' }
const SAMPLED: TailState = { kind: 'sampled' }

/** Undefined where nothing is to be decided: the trace is kept anyway, and no class of its own would change its weight. */
function newPendingTrace(
  root: Span,
  note: RootDecision,
  policy: NonNullable<RootDecision['policy']>,
): PendingTrace | undefined {
  const { traceId, traceFlags, traceState } = root.spanContext()
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  const baseThreshold = isSampled ? thresholdIn(traceState) : undefined
  if (isSampled && (baseThreshold === undefined || baseThreshold === '0')) return undefined
  return {
    traceId,
    randomness: randomnessOf(traceId, rvIn(traceState)),
    policy,
    slowMillis: note.slowMillis ?? policy.slowMillis,
    baseThreshold,
    recordThreshold: policy.recordThreshold,
    startedAt: policy.nowMillis(),
    ended: [],
    openSpans: 0,
    openRoots: 0,
    rootEndedAt: 0,
    rootMillis: 0,
  }
}
