import type { Tracer, TracerProvider as ApiTracerProvider } from '@opentelemetry/api'
import { defaultResource } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type SpanProcessor,
  type TracerProviderOptions as SdkTracerProviderOptions,
} from '@opentelemetry/sdk-trace'
import { DEFAULT_VALUES } from '../internal/privacy/span-values.js'
import { systemTime } from '../internal/runtime/clock.js'
import { fanOut } from '../internal/processors/fan-out.js'
import { settled, settledWithin } from '../internal/async/settled-within.js'
import { checkTable, resolveTable } from '../internal/checks/option-table.js'
import { checkPart, checkParts, checkPlainObject } from '../internal/checks/validate.js'
import { randomIds } from './random-ids.js'
import { SPAN_LIMITS, type ResolvedSpanLimits } from './span-limits.js'
import { SpanTracer, type TracerParts } from './span-tracer.js'

/** Options of {@link TracerProvider}: those of the SDK's class, except its metrics, for which there is the ledger. */
export type TracerProviderOptions = Omit<SdkTracerProviderOptions, 'meterProvider'>

const DEFAULT_FLUSH_MILLIS = 30_000
/** Of more scopes than an app has, the oldest is forgotten, and made anew when it is asked for again: names may be made of data. */
const MOST_TRACERS = 1_000

type OwnParts = Partial<Pick<TracerParts, 'conventionsForScope' | 'values'>>

/** What configuration has settled, and no option of this class says. */
const partsOfOptions = new WeakMap<TracerProviderOptions, OwnParts>()

/** A provider with parts of ours. */
export function tracerProviderWith(parts: OwnParts, options: TracerProviderOptions): TracerProvider {
  partsOfOptions.set(options, parts)
  return new TracerProvider(options)
}

/**
 * A drop-in for the SDK's `TracerProvider`, with its options and defaults and any of its samplers, processors and id
 * generators. A span costs a fraction of the SDK's: of time, and of memory. startTracing uses it; so can you where you put an
 * SDK together by hand:
 *
 * ```ts
 * trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new BatchSpanProcessor()] }))
 * ```
 *
 * Neither a sampler nor a processor that throws reaches the app: it is logged once.
 *
 * @throws TracingConfigError when an option is wrong
 */
export class TracerProvider implements ApiTracerProvider {
  private readonly parts: TracerParts
  private readonly processors: readonly SpanProcessor[]
  private readonly tracers = new Map<string, Tracer>()

  constructor(options: TracerProviderOptions = {}) {
    checkPlainObject('options', options)
    const { sampler, resource, idGenerator, spanProcessors = [] } = options
    if (sampler !== undefined) checkPart('sampler', sampler, 'a Sampler', ['shouldSample'])
    if (idGenerator !== undefined)
      checkPart('idGenerator', idGenerator, 'an IdGenerator', ['generateTraceId', 'generateSpanId'])
    checkParts('spanProcessors', spanProcessors, [], 'a SpanProcessor', ['onStart', 'onEnd', 'shutdown'])
    checkTable('spanLimits', options.spanLimits, SPAN_LIMITS)
    this.processors = spanProcessors
    this.parts = {
      sampler: sampler ?? new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      resource: resource ?? defaultResource(),
      limits: resolveTable(SPAN_LIMITS, options.spanLimits) as ResolvedSpanLimits,
      idGenerator: idGenerator ?? randomIds(),
      idsAreValid: idGenerator === undefined,
      processor: fanOut(spanProcessors),
      values: DEFAULT_VALUES,
      time: systemTime,
      ...partsOfOptions.get(options),
    }
  }

  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer {
    const schemaUrl = options?.schemaUrl
    const key = `${name}@${version ?? ''}:${schemaUrl ?? ''}`
    let tracer = this.tracers.get(key)
    if (!tracer) {
      tracer = new SpanTracer(this.parts, {
        name,
        ...(version !== undefined && { version }),
        ...(schemaUrl !== undefined && { schemaUrl }),
      })
      this.remember(key, tracer)
    }
    return tracer
  }

  private remember(key: string, tracer: Tracer): void {
    if (this.tracers.size >= MOST_TRACERS) {
      const [oldest = ''] = this.tracers.keys()
      this.tracers.delete(oldest)
    }
    this.tracers.set(key, tracer)
  }

  /** Never rejects: what failed, or took longer, is logged once. Waits 30 s by default. */
  forceFlush({ timeoutMillis = DEFAULT_FLUSH_MILLIS }: { timeoutMillis?: number } = {}): Promise<void> {
    return settledWithin(timeoutMillis, 'sending spans', () => this.all((processor) => processor.forceFlush()))
  }

  /** Never rejects, either; how long it takes is up to the processors. */
  shutdown(): Promise<void> {
    return settled('sending the last spans', () => this.all((processor) => processor.shutdown()))
  }

  private all(call: (processor: SpanProcessor) => Promise<void>): Promise<void>[] {
    return this.processors.map(async (processor) => call(processor))
  }
}
