import type { Attributes, HrTime, Link, SpanContext, SpanKind } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { ResolvedSpanLimits } from './span-limits.js'
import type { TraceClock } from './trace-clock.js'

/** What all spans of a tracer share. */
export interface SpanOrigin {
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
  readonly limits: ResolvedSpanLimits
  readonly processor: SpanProcessor
}

/** What a span begins with; attributes and links are clean and the span's own. */
export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  readonly spanContext: SpanContext
  readonly parentSpanContext: SpanContext | undefined
  readonly clock: TraceClock
  readonly startTime: HrTime
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly links: Link[]
}
