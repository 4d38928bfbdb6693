import {
  SpanStatusCode,
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  type AnyValue,
  type Exception,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api'
import {
  AddAttributeDecision,
  hrTimeDuration,
  isTimeInput,
  maybeAddAttribute,
  type InstrumentationScope,
} from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { SpanProcessor, Span, TimedEvent } from '@opentelemetry/sdk-trace'
import { inspect } from 'node:util'
import type { SpanValues } from '../internal/privacy/span-values.js'
import type { ResolvedSpanLimits } from './span-limits.js'
import type { TraceClock } from './trace-clock.js'
import { diagWarn, messageOf } from '../internal/diagnostics/diagnostics.js'
import { textOrEmpty } from '../internal/checks/safe-get.js'
import { cleanLink, countOf, eventAttributes, isLink, isSimple, exceptionAttributes } from './attributes.js'

/** What all spans of a tracer share. */
export interface SpanOrigin {
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
  readonly limits: ResolvedSpanLimits
  readonly processor: SpanProcessor
  readonly values: SpanValues
}

/** What a span begins with; attributes and links are clean and the span's own. */
export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  readonly spanContext: SpanContext
  readonly parentSpanContext: SpanContext | undefined
  /** Undefined where the span is its own. */
  readonly localRoot: RecordingSpan | undefined
  readonly clock: TraceClock
  readonly startTime: HrTime
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly links: Link[]
}

const UNSET: SpanStatus = { code: SpanStatusCode.UNSET }
/** Shared by all spans. */
const NOT_ENDED = Object.freeze([0, 0]) as unknown as HrTime
const EXCEPTION_EVENT = 'exception'

/**
 * A span that is recorded. Behaves as the SDK's own, for a fraction of its cost. Its fields are not `#private`: others wrap
 * spans in proxies, or make objects that inherit from them, and go on through those. They are declared only, so that each is
 * written once.
 */
export class RecordingSpan implements Span {
  static {
    const value = function (this: RecordingSpan): object {
      return this.shown()
    }
    Object.defineProperty(this.prototype, inspect.custom, { value })
  }

  declare name: string
  declare readonly kind: SpanKind
  declare readonly parentSpanContext?: SpanContext
  declare readonly attributes: Attributes
  declare readonly links: Link[]
  declare readonly events: TimedEvent[]
  declare readonly startTime: HrTime
  declare endTime: HrTime
  declare status: SpanStatus
  declare readonly resource: Resource
  declare readonly instrumentationScope: InstrumentationScope
  declare ended: boolean
  declare droppedAttributesCount: number
  declare droppedEventsCount: number
  declare droppedLinksCount: number
  /** The trace's, for its children. */
  declare readonly clock: TraceClock
  /** The span above all others of this trace in this process. */
  declare readonly localRoot: RecordingSpan
  declare private readonly ownContext: SpanContext
  declare private readonly origin: SpanOrigin
  declare private attributesCount: number

  constructor(origin: SpanOrigin, start: SpanStart) {
    const { attributes, links, clock } = start
    // Written also where there is none, so that all spans have one shape.
    const { parentSpanContext } = start as { parentSpanContext: SpanContext }
    const surplusLinks = Math.max(0, links.length - origin.limits.linkCountLimit)
    this.name = start.name
    this.kind = start.kind
    this.parentSpanContext = parentSpanContext
    this.attributes = attributes
    this.links = surplusLinks === 0 ? links : links.slice(surplusLinks)
    this.events = []
    this.startTime = start.startTime
    this.endTime = NOT_ENDED
    this.status = { code: SpanStatusCode.UNSET }
    this.resource = origin.resource
    this.instrumentationScope = origin.instrumentationScope
    this.ended = false
    this.droppedAttributesCount = start.droppedAttributesCount
    this.droppedEventsCount = 0
    this.droppedLinksCount = surplusLinks
    this.clock = clock
    this.localRoot = start.localRoot ?? this
    this.ownContext = start.spanContext
    this.origin = origin
    this.attributesCount = countOf(attributes)
  }

  get duration(): HrTime {
    return this.endTime === NOT_ENDED ? [-1, -1] : hrTimeDuration(this.startTime, this.endTime)
  }

  spanContext(): SpanContext {
    return this.ownContext
  }

  isRecording(): boolean {
    return !this.ended
  }

  setAttribute(key: string, value: AnyValue): this {
    if (this.isTooLate('setAttribute')) return this
    this.put(key, value)
    return this
  }

  setAttributes(attributes: Attributes): this {
    if (this.isTooLate('setAttributes')) return this
    try {
      for (const key in attributes) if (Object.hasOwn(attributes, key)) this.put(key, attributes[key])
    } catch (error) {
      diagWarn(() => `Attributes of ${this.name} can't be read: ${messageOf(error)}`)
    }
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.isTooLate('addEvent')) return this
    const { limits, values } = this.origin
    const isTime = isTimeInput(attributesOrTime)
    const at = this.clock.timeOf(isTime && !isTimeInput(time) ? attributesOrTime : time)
    const event = {
      name: values.text(textOrEmpty(name)),
      time: at,
      ...eventAttributes(limits, isTime ? undefined : attributesOrTime, values),
    }
    this.droppedEventsCount += addLast(this.events, event, limits.eventCountLimit)
    return this
  }

  addLink(link: Link): this {
    if (this.isTooLate('addLink') || !isLink(link)) return this
    const { limits, values } = this.origin
    this.droppedLinksCount += addLast(this.links, cleanLink(link, limits, values), limits.linkCountLimit)
    return this
  }

  addLinks(links: Link[]): this {
    if (Array.isArray(links)) for (const link of links) this.addLink(link)
    return this
  }

  /** Specification, "Set Status": OK is final, and UNSET is no news. */
  setStatus(status: SpanStatus): this {
    if (this.isTooLate('setStatus')) return this
    const { code, message } = (status as SpanStatus | undefined) ?? UNSET
    if (code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK) return this
    if (code !== SpanStatusCode.ERROR || message == null) this.status = { code }
    else if (typeof message === 'string') this.status = { code, message: this.origin.values.errorText(message) }
    else {
      diagWarn(() => `The message of a status is left out: ${typeof message}, not a string`)
      this.status = { code }
    }
    return this
  }

  updateName(name: string): this {
    if (!this.isTooLate('updateName')) this.name = this.origin.values.text(textOrEmpty(name))
    return this
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = exceptionAttributes(exception)
    if (countOf(attributes) > 0) this.addEvent(EXCEPTION_EVENT, attributes, time)
    else diagWarn(() => 'An exception without a type and a message is not recorded')
  }

  end(endTime?: TimeInput): void {
    // The second: a processor that ends a span which is ending would go on without end.
    if (this.isTooLate('end') || this.endTime !== NOT_ENDED) return
    const { processor } = this.origin
    const at = this.clock.timeOf(endTime)
    if (hrTimeDuration(this.startTime, at)[0] < 0) {
      diagWarn(() => `${this.name} ended before it started; its duration is set to 0`)
      this.endTime = [...this.startTime]
    } else this.endTime = at
    processor.onEnding?.(this)
    this.ended = true
    processor.onEnd(this)
  }

  /** For `console.log(span)`: what a reader of spans sees, without the machinery. */
  private shown(): object {
    const {
      clock: _clock,
      localRoot: _root,
      origin: _origin,
      attributesCount: _count,
      ownContext: spanContext,
      resource,
      ...seen
    } = this
    return { spanContext, ...seen, resource: resource.getRawAttributes() }
  }

  /** Undefined values are none, and change nothing. */
  private put(key: string, given: AnyValue): void {
    // Not an attribute: the object would inherit from the value.
    if (key === '__proto__') return
    const { attributes } = this
    const { limits, values } = this.origin
    const isPlain = typeof key === 'string' && key !== '' && isSimple(given, Infinity)
    const value = isPlain ? values.attribute(key, given, attributes) : given
    if (!isPlain || !isSimple(value, limits.attributeValueLengthLimit)) {
      this.putCarefully(key, value)
    } else if (Object.hasOwn(attributes, key)) {
      attributes[key] = value
    } else if (this.attributesCount < limits.attributeCountLimit) {
      attributes[key] = value
      this.attributesCount += 1
    } else {
      this.noRoomForAttribute()
    }
  }

  private putCarefully(key: string, value: AnyValue): void {
    const { attributes, attributesCount } = this
    const { limits, values } = this.origin
    try {
      const decision = maybeAddAttribute({ key, value, attributes, limits, currentAttributesCount: attributesCount })
      if (decision === AddAttributeDecision.ADD_NEW) this.attributesCount += 1
      else if (decision === AddAttributeDecision.DROP_LIMIT_REACHED) this.noRoomForAttribute()
      if (typeof value === 'object' && Object.hasOwn(attributes, key)) {
        // A copy of what was given: that may be anything.
        const clean = values.attribute(key, attributes[key], attributes)
        if (clean === undefined) Reflect.deleteProperty(attributes, key)
        else attributes[key] = clean
      }
    } catch (error) {
      diagWarn(() => `An attribute of ${this.name} can't be read: ${messageOf(error)}`)
    }
  }

  private noRoomForAttribute(): void {
    this.droppedAttributesCount += 1
    if (this.droppedAttributesCount === 1) diagWarn(() => `${this.name} has more attributes than it may have`)
  }

  private isTooLate(call: string): boolean {
    if (this.ended) diagWarn(() => `${call}() came after the end of the span ${this.name}, and changes nothing`)
    return this.ended
  }
}

/** Adds an item at the end; of a full list, the oldest goes. Returns how many have found no place. */
function addLast<T>(list: T[], item: T, limit: number): number {
  if (limit === 0) return 1
  const isFull = list.length >= limit
  if (isFull) list.shift()
  list.push(item)
  return isFull ? 1 : 0
}
