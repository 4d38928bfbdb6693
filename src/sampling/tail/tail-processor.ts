import { context, ROOT_CONTEXT, TraceFlags, type Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { randomnessOf, rvIn, thresholdIn } from '../../internal/trace-state/threshold.js'
import { readRootDecision, type RootDecision } from './root-decision.js'
import { noSamplingCounts, TailDecisions, FAILED, type SamplingCounts, type OnDecided } from './tail-decisions.js'
import { PendingTraces, isLocalRoot, type PendingTrace } from './pending-trace.js'
import { fanOut } from '../../internal/processors/fan-out.js'
import { tails, type TailStage, type TailState } from './registry.js'
import { safely } from '../../internal/diagnostics/diagnostics.js'

export interface TailOptions {
  /** Ended spans that may wait for a decision, of all traces. Default 8,192. */
  readonly maxSpans?: number
  /** … and of one; a longer trace is decided with what is there. Default 512. */
  readonly maxSpansPerTrace?: number
  /** Called with each decision. */
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
export class TailSpanProcessor implements SpanProcessor, TailStage {
  readonly #next: SpanProcessor
  readonly #mostSpansPerTrace: number
  readonly #counts: SamplingCounts
  readonly #buffer: PendingTraces
  readonly #decisions: TailDecisions
  #sweepTimer: NodeJS.Timeout | undefined
  #isShutDown = false

  constructor(processors: readonly SpanProcessor[], options: TailOptions = {}) {
    const next = fanOut(processors)
    const { maxSpans, maxSpansPerTrace, onDecided, counts = noSamplingCounts() } = options
    this.#next = next
    this.#counts = counts
    this.#mostSpansPerTrace = maxSpansPerTrace ?? DEFAULTS.maxSpansPerTrace
    this.#buffer = new PendingTraces(maxSpans ?? DEFAULTS.maxSpans)
    this.#decisions = new TailDecisions(this.#buffer, next, counts, onDecided)
    tails.add(this)
  }

  onStart(span: Span, parentContext: Context): void {
    this.#counts.open += 1
    if (this.#buffer.size > 0 || readRootDecision(span.spanContext().traceId)?.policy)
      safely(FAILED, () => this.#watch(span))
    this.#next.onStart(span, parentContext)
  }

  onEnding(span: Span): void {
    this.#next.onEnding?.(span)
  }

  onEnd(span: ReadableSpan): void {
    this.#counts.open -= 1
    const { traceId, traceFlags } = span.spanContext()
    const trace = this.#buffer.get(traceId)
    if (trace) {
      safely(FAILED, () => this.#hold(trace, span))
      return
    }
    if (this.#decisions.takeLate(traceId, span)) return
    if ((traceFlags & TraceFlags.SAMPLED) !== 0) this.#counts.passedOn += 1
    else this.#counts.sampledOut += 1
    this.#next.onEnd(span)
  }

  /** Decides all traces of which a span has ended; one of which nothing is there yet loses nothing by waiting. */
  decideNow(): void {
    for (const trace of this.#buffer.all()) if (trace.ended.length > 0) this.#decisions.decideByDuration(trace)
  }

  forceFlush(): Promise<void> {
    this.decideNow()
    return this.#next.forceFlush()
  }

  shutdown(): Promise<void> {
    this.#isShutDown = true
    tails.delete(this)
    clearTimeout(this.#sweepTimer)
    for (const trace of this.#buffer.all()) this.#decisions.decideByDuration(trace)
    return this.#next.shutdown()
  }

  stateOf(traceId: string): TailState | undefined {
    const trace = this.#buffer.get(traceId)
    if (trace) return trace.baseThreshold === undefined ? UNDECIDED : SAMPLED
    return this.#decisions.stateOf(traceId)
  }

  keep(traceId: string): boolean | undefined {
    const trace = this.#buffer.get(traceId)
    return trace ? this.#decisions.decide(trace, 'kept').isKept : this.#decisions.keepLate(traceId)
  }

  #watch(span: Span): void {
    const { traceId } = span.spanContext()
    let trace = this.#buffer.get(traceId)
    if (!trace) {
      const note = this.#isShutDown ? undefined : readRootDecision(traceId)
      if (!note?.policy || !isLocalRoot(span) || this.#decisions.knows(traceId)) return
      trace = newPendingTrace(span, note, note.policy)
      if (!trace) return
      this.#buffer.add(trace)
      this.#scheduleSweep()
    }
    trace.openSpans += 1
    if (isLocalRoot(span)) trace.openRoots += 1
    this.#makeRoom()
  }

  #hold(trace: PendingTrace, span: ReadableSpan): void {
    this.#buffer.hold(trace, span)
    this.#counts.undecided += 1
    this.#decisions.noteEnd(trace, span)
    if (trace.policy.isError(span)) this.#decisions.decide(trace, 'error')
    else if (trace.openSpans <= 0 || trace.ended.length >= this.#mostSpansPerTrace)
      this.#decisions.decideByDuration(trace)
    this.#makeRoom()
  }

  #makeRoom(): void {
    while (this.#buffer.isOverfull) for (const trace of this.#buffer.evict()) this.#decisions.evicted(trace)
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
    for (const trace of this.#buffer.all()) {
      const now = trace.policy.nowMillis()
      const isLate = trace.openRoots <= 0 && now - trace.rootEndedAt >= AFTER_ROOT_MILLIS
      if (isLate || now - trace.startedAt >= LONGEST_WAIT_MILLIS) {
        safely(FAILED, () => this.#decisions.decideByDuration(trace))
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
