import { SpanStatusCode, type Attributes, type SpanKind } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace'

export interface SpanMaker {
  /** Makes a span that took so long, from a time that does not matter. */
  make(name: string, options?: MadeSpan): { traceId: string; spanId: string }
}

export interface MadeSpan {
  readonly seconds?: number
  readonly kind?: SpanKind
  readonly status?: SpanStatusCode
  readonly attributes?: Attributes
}

const START_SECONDS = 1_700_000_000

/** Makes spans in a provider of their own, whose service is `shop`. */
export function spanMaker(processors: readonly (SpanProcessor | undefined)[], sampler?: Sampler): SpanMaker {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'cloud.region': 'eu' }),
    spanProcessors: processors.filter((one) => one !== undefined),
    ...(sampler && { sampler }),
  })
  const tracer = provider.getTracer('test')
  return {
    make(name, { seconds = 0.001, kind, status = SpanStatusCode.UNSET, attributes = {} } = {}) {
      const span = tracer.startSpan(name, {
        attributes,
        startTime: [START_SECONDS, 0],
        ...(kind !== undefined && { kind }),
      })
      if (status !== SpanStatusCode.UNSET) span.setStatus({ code: status })
      const whole = Math.floor(seconds)
      span.end([START_SECONDS + whole, Math.round((seconds - whole) * 1e9)])
      return span.spanContext()
    },
  }
}

/** Numbers from 0 to 1 that are the same each time. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
