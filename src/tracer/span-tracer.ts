import {
  context,
  INVALID_SPAN_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { SamplingDecision, type IdGenerator, type Sampler } from '@opentelemetry/sdk-trace'
import type { SpanTimeSource } from '../internal/runtime/clock.js'
import { askSampler } from '../internal/trace-state/ask-sampler.js'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import {
  isValidSpanContext,
  LocalSpanContext,
  RandomSpanContext,
  RANDOM_FLAG,
} from '../internal/otel-api/local-span-context.js'
import { textOrEmpty } from '../internal/checks/safe-get.js'
import { attributesWithin, cleanLink, isLink, validAttributes } from './attributes.js'
import type { ScopeConventions } from '../internal/conventions/for-scope.js'
import { outsideLink } from '../internal/otel-api/outside-trace.js'
import { contextWithSpan } from '../internal/otel-api/context-with-span.js'
import { ConventionalSpan } from './conventional-span.js'
import { RecordingSpan, type SpanOrigin, type SpanStart } from './recording-span.js'
import { TraceClock } from './trace-clock.js'

/** What all tracers of a provider share. */
export interface TracerParts extends Omit<SpanOrigin, 'instrumentationScope'> {
  readonly sampler: Sampler
  readonly idGenerator: IdGenerator
  /** Whether its ids need no look at. */
  readonly idsAreValid: boolean
  readonly time: SpanTimeSource
  /** Of the tracers whose spans are not by the current semantic conventions. */
  readonly conventionsForScope?: ((scope: string) => ScopeConventions | undefined) | undefined
}

type InSpan<T> = (span: Span) => T

/**
 * Asks the sampler, and makes spans of what it keeps. Specification: "Tracer", and "Sampling" of the SDK. Its fields are not
 * `#private`, nor are the provider's: others wrap both in proxies.
 */
export class SpanTracer implements Tracer {
  private readonly origin: SpanOrigin
  private readonly sampler: Sampler
  private readonly ids: IdGenerator
  private readonly idsAreValid: boolean
  private readonly time: SpanTimeSource
  private readonly conventions: ScopeConventions | undefined

  constructor(parts: TracerParts, instrumentationScope: SpanOrigin['instrumentationScope']) {
    const { resource, limits, processor, values, sampler, idGenerator, idsAreValid, time } = parts
    this.origin = {
      resource,
      instrumentationScope,
      limits,
      processor,
      values: values.ofScope(instrumentationScope.name),
    }
    this.sampler = sampler
    this.ids = idGenerator
    this.idsAreValid = idsAreValid
    this.time = time
    this.conventions = parts.conventionsForScope?.(instrumentationScope.name)
  }

  /** Never throws: a span that can't be started, for whatever it was handed, is logged once and is one that records nothing. */
  startSpan(name: string, options?: SpanOptions | null, given: Context = context.active()): Span {
    try {
      if (this.conventions === undefined) return this.start(textOrEmpty(name), options ?? {}, given)
      const begun = this.conventions.begin(textOrEmpty(name), options ?? {})
      return this.start(begun.name, begun.options, given)
    } catch (error) {
      warnOfError('a span could not be started, the traced code runs without it', error)
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
    }
  }

  private start(givenName: string, options: SpanOptions, given: Context): Span {
    const parentContext = options.root ? trace.deleteSpan(given) : given
    if (isTracingSuppressed(parentContext)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
    const parent = trace.getSpan(parentContext)
    const parentSpanContext = validContextOf(parent)
    const traceId = parentSpanContext?.traceId ?? this.ids.generateTraceId()
    const kind = options.kind ?? SpanKind.INTERNAL
    const { limits, values } = this.origin
    const name = values.text(givenName)
    const links = options.links?.filter(isLink).map((link) => cleanLink(link, limits, values)) ?? []
    // The caller's trace, where a trace starts because the caller is not trusted.
    const outside = parentSpanContext === undefined && !options.root ? outsideLink(parentContext) : undefined
    if (outside) links.push(cleanLink(outside, limits, values))
    const { attributes: valid = {}, droppedAttributesCount: invalid = 0 } = validAttributes(options.attributes, values)
    // Before the sampler, which counts: what it has decided about must begin.
    const spanId = this.ids.generateSpanId()
    const result = askSampler(this.sampler, [parentContext, traceId, name, kind, valid, links])
    const Local = hasRandomTraceId(parentSpanContext) ? RandomSpanContext : LocalSpanContext
    const local = new Local(
      traceId,
      spanId,
      result.decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE,
      result.traceState ?? parentSpanContext?.traceState,
    )
    const spanContext = this.idsAreValid ? local : unchecked(local)
    if (result.decision === SamplingDecision.NOT_RECORD) return trace.wrapSpanContext(spanContext)
    const { attributes = {}, droppedAttributesCount: surplus = 0 } = attributesWithin(limits, valid, result.attributes)
    const now = this.time.nowMillis()
    const localParent = parent instanceof RecordingSpan ? parent : undefined
    const clock = localParent?.clock.forChild(now) ?? new TraceClock(this.time, now)
    const start: SpanStart = {
      name,
      kind,
      spanContext,
      parentSpanContext,
      localRoot: localParent?.localRoot,
      clock,
      startTime: options.startTime === undefined ? clock.at(now) : clock.timeOf(options.startTime),
      attributes,
      droppedAttributesCount: invalid + surplus,
      links,
    }
    const span = this.conventions
      ? new ConventionalSpan(this.conventions, this.origin, start)
      : new RecordingSpan(this.origin, start)
    this.origin.processor.onStart(span, parentContext)
    return span
  }

  startActiveSpan<F extends InSpan<unknown>>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends InSpan<unknown>>(name: string, options: SpanOptions, fn: F): ReturnType<F>
  startActiveSpan<F extends InSpan<unknown>>(
    name: string,
    options: SpanOptions,
    parentContext: Context,
    fn: F,
  ): ReturnType<F>
  startActiveSpan<T>(
    name: string,
    optionsOrFn: SpanOptions | InSpan<T>,
    contextOrFn?: Context | InSpan<T>,
    lastFn?: InSpan<T>,
  ): T | undefined {
    if (typeof optionsOrFn === 'function') return this.inSpan(name, undefined, undefined, optionsOrFn)
    if (typeof contextOrFn === 'function') return this.inSpan(name, optionsOrFn, undefined, contextOrFn)
    return lastFn && this.inSpan(name, optionsOrFn, contextOrFn, lastFn)
  }

  private inSpan<T>(name: string, options: SpanOptions | undefined, given: Context | undefined, fn: InSpan<T>): T {
    const parentContext = given ?? context.active()
    const span = this.startSpan(name, options, parentContext)
    return context.with(contextWithSpan(parentContext, span), fn, undefined, span)
  }
}

function validContextOf(parent: Span | undefined): SpanContext | undefined {
  const spanContext = parent?.spanContext()
  return spanContext !== undefined && isValidSpanContext(spanContext) ? spanContext : undefined
}

/** Of a trace that begins here, as its id generator makes them; of others where the flag is set. */
function hasRandomTraceId(parent: SpanContext | undefined): boolean {
  return parent === undefined || parent instanceof RandomSpanContext || (parent.traceFlags & RANDOM_FLAG) !== 0
}

/** Ids of the app's generator may be invalid. */
function unchecked({ traceId, spanId, traceFlags, traceState }: SpanContext): SpanContext {
  return { traceId, spanId, traceFlags, ...(traceState && { traceState }) }
}
