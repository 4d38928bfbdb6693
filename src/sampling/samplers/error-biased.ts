import { SpanStatusCode } from '@opentelemetry/api'
import {
  SamplingDecision,
  type ReadableSpan,
  type Sampler,
  type SamplingResult,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'
import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { warnOfError } from '../../internal/diagnostics/diagnostics.js'
import { checkNumber, checkFunction, outOfRange, type NumberRange } from '../../internal/checks/validate.js'
import { encodeThreshold, isKept, KEEP_ALL, rvIn } from '../../internal/trace-state/threshold.js'
import { HoldingSampler } from '../decision/close.js'
import { rootDecisionFor } from '../tail/root-decision.js'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { followLocalParent } from '../tail/registry.js'
import { followParent, parentOf } from '../decision/threshold-decision.js'
import { checkClock, checkSamplerOptions, requireSampler } from '../decision/options.js'
import { probabilitySampler } from './probability.js'
import { ClassLimit } from '../adaptive/class-limit.js'
import type { TailPolicy, TraceClass } from '../tail/pending-trace.js'
import { TailSpanProcessor } from '../tail/tail-processor.js'

/** Options of {@link errorBiasedSampler}. */
export interface ErrorBiasedOptions {
  /** Share of the traces without an error that is kept, 0 to 1. Default 0.05. */
  ratio?: number
  /** In place of `ratio`: the sampler that chooses among the traces without an error, such as rules or a rate limit. */
  sampler?: Sampler
  /** Share of all traces that is recorded at all, above 0 to 1; an error in one that is not is not seen. Default 1. */
  recordRatio?: number
  /** Traces whose local root takes at least this many milliseconds are kept too. Default: duration does not count. */
  slowMillis?: number
  /** Traces with an error that are kept a second, as a mean over ten seconds; `Infinity`: all. Default 10. */
  maxErrorTracesPerSecond?: number
  /** The same for slow traces. Default 10. */
  maxSlowTracesPerSecond?: number
  /** What counts as an error. Called as each span ends. Default: its status is ERROR. */
  isError?: (span: ReadableSpan) => boolean
  /** Source of time. Default: monotonic. */
  clock?: Clock
}

/** A sampler with a second part that runs as spans end. */
export interface ErrorBiasedSampler extends Sampler {
  /**
   * The part that decides at the end, to stand in front of the processor that exports: for a plain NodeSDK,
   * `spanProcessors: [sampler.spanProcessor(new BatchSpanProcessor({ exporter }))]`; where there are several, in front of
   * all of them. startTracing adds it by itself.
   */
  spanProcessor(...next: SpanProcessor[]): SpanProcessor
}

const DEFAULTS = { ratio: 0.05, recordRatio: 1, maxErrorTracesPerSecond: 10, maxSlowTracesPerSecond: 10 } as const

const SHARE: NumberRange = { min: 0, max: 1 }
const RATE: NumberRange = { min: 0, max: Infinity }
const RANGES: Readonly<Record<string, NumberRange>> = {
  ratio: SHARE,
  recordRatio: { min: 1e-9, max: 1 },
  slowMillis: { min: 0 },
  maxErrorTracesPerSecond: RATE,
  maxSlowTracesPerSecond: RATE,
}

/**
 * Keeps every local trace in which a span errs, whole, beside a share of all others: everything is recorded, and the
 * decision falls when the local part of the trace ends. Spans carry the threshold of their trace's class (`ot=th:…`), so
 * that counts, of errors too, can be estimated without bias.
 *
 * Follows its parent by itself; it needs no {@link parentBased} around it. Not for a service whose recording costs too
 * much already (lower `recordRatio` there), nor for whole traces across services: that is a collector's tail sampling.
 *
 * @throws TracingConfigError for a wrong option.
 */
export function errorBiasedSampler(options: ErrorBiasedOptions = {}): ErrorBiasedSampler {
  checkOptions(options)
  return new ErrorBiased(options)
}

/** Whether the sampler follows its parents by itself: parent-based sampling around it would hide errors below them. */
export function isErrorBiased(sampler: Sampler): boolean {
  return sampler instanceof ErrorBiased
}

function checkOptions(options: ErrorBiasedOptions): void {
  checkSamplerOptions(options, [...Object.keys(RANGES), 'sampler', 'isError', 'clock'])
  for (const [name, range] of Object.entries(RANGES)) {
    checkNumber(name, options[name as keyof ErrorBiasedOptions], range)
  }
  const { sampler, ratio, isError, clock } = options
  if (sampler !== undefined) requireSampler('sampler', sampler)
  checkClock(clock)
  checkFunction('isError', isError)
  if (sampler !== undefined && ratio !== undefined) {
    throw outOfRange('ratio', 'left out where there is a sampler', ratio)
  }
}

const { RECORD, RECORD_AND_SAMPLED } = SamplingDecision

class ErrorBiased extends HoldingSampler implements ErrorBiasedSampler, TailPolicy {
  readonly slowMillis: number | undefined
  readonly recordThreshold: string
  readonly #head: Sampler
  readonly #clock: Clock
  readonly #limits: Readonly<Record<'error' | 'slow', ClassLimit | typeof KEEP_ALL | undefined>>
  readonly #isError: (span: ReadableSpan) => boolean
  readonly #description: string

  constructor(options: ErrorBiasedOptions) {
    const { ratio = DEFAULTS.ratio, recordRatio = DEFAULTS.recordRatio, slowMillis, clock = monotonicClock } = options
    const { maxErrorTracesPerSecond: errorsPerSecond = DEFAULTS.maxErrorTracesPerSecond } = options
    const { maxSlowTracesPerSecond: slowPerSecond = DEFAULTS.maxSlowTracesPerSecond } = options
    const head = options.sampler ?? probabilitySampler(ratio)
    super(head)
    this.slowMillis = slowMillis
    this.recordThreshold = encodeThreshold(recordRatio)
    this.#head = head
    this.#clock = clock
    this.#limits = { error: this.#limit(errorsPerSecond), slow: this.#limit(slowPerSecond) }
    this.#isError = options.isError ?? hasErrorStatus
    const slow = slowMillis === undefined ? '' : `, slow=${slowMillis}ms`
    this.#description = `ErrorBiased{${head.toString()}, errors=${errorsPerSecond}/s${slow}}`
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const [context, traceId] = parameters
    const parent = parentOf(context)
    if (parent && !parent.isRemote) return followLocalParent(parent)
    rootDecisionFor(traceId).policy = this
    const head = parent ? followParent(parent, traceId) : askSampler(this.#head, parameters)
    if (head.decision === RECORD_AND_SAMPLED) return head
    // Recorded, so that the tail can see an error, as far as recordRatio allows.
    const isRecorded = isKept(traceId, this.recordThreshold, rvIn(parent?.traceState))
    return isRecorded ? { ...head, decision: RECORD } : head
  }

  spanProcessor(...next: SpanProcessor[]): SpanProcessor {
    return new TailSpanProcessor(next)
  }

  override toString(): string {
    return this.#description
  }

  nowMillis(): number {
    return this.#clock.nowMillis()
  }

  isError(span: ReadableSpan): boolean {
    try {
      return this.#isError(span)
    } catch (error) {
      warnOfError("isError threw, the span's status counts instead", error)
      return hasErrorStatus(span)
    }
  }

  nextThreshold(traceClass: TraceClass): string | undefined {
    if (traceClass === 'kept') return KEEP_ALL
    const limit = traceClass === 'normal' ? undefined : this.#limits[traceClass]
    return limit instanceof ClassLimit ? limit.next() : limit
  }

  countKept(traceClass: TraceClass): void {
    const limit = traceClass === 'error' || traceClass === 'slow' ? this.#limits[traceClass] : undefined
    if (limit instanceof ClassLimit) limit.countKept()
  }

  #limit(perSecond: number): ClassLimit | typeof KEEP_ALL | undefined {
    if (perSecond === 0) return undefined
    return perSecond === Infinity ? KEEP_ALL : new ClassLimit(perSecond, () => this.nowMillis())
  }
}

function hasErrorStatus({ status }: ReadableSpan): boolean {
  return status.code === SpanStatusCode.ERROR
}
