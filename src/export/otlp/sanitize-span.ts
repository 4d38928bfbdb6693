import type { Link, SpanContext, SpanStatus } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import { attempt } from '../../internal/checks/attempt.js'
import { sanitizeAttributes, sanitizeCount, sanitizeEnum, sanitizeText } from './sanitize.js'

type Time = ReadableSpan['startTime']

/**
 * A copy of the span in which everything is plain data of the right type, whatever the original does when it is read.
 * Attributes that could not be read are counted as dropped.
 */
export function sanitizeSpan(span: ReadableSpan): ReadableSpan {
  const context = sanitizeContext(() => span.spanContext())
  const parent = attempt(() => span.parentSpanContext)
  const { attributes, lost } = sanitizeAttributes(() => span.attributes)
  return {
    name: sanitizeText(() => span.name),
    kind: sanitizeEnum(() => span.kind),
    spanContext: () => context,
    ...(parent != null && { parentSpanContext: sanitizeContext(() => parent) }),
    startTime: sanitizeTime(() => span.startTime),
    endTime: sanitizeTime(() => span.endTime),
    status: sanitizeStatus(() => span.status),
    attributes,
    links: sanitizeList(() => span.links, sanitizeLink),
    events: sanitizeList(() => span.events, sanitizeEvent),
    duration: sanitizeTime(() => span.duration),
    ended: true,
    resource: attempt<unknown>(() => span.resource) as Resource,
    instrumentationScope: attempt<unknown>(() => span.instrumentationScope) as InstrumentationScope,
    droppedAttributesCount: sanitizeCount(() => span.droppedAttributesCount) + lost,
    droppedEventsCount: sanitizeCount(() => span.droppedEventsCount),
    droppedLinksCount: sanitizeCount(() => span.droppedLinksCount),
  }
}

function sanitizeContext(read: () => SpanContext): SpanContext {
  const context = attempt(read)
  const state = sanitizeText(() => context?.traceState?.serialize())
  return {
    traceId: sanitizeText(() => context?.traceId),
    spanId: sanitizeText(() => context?.spanId),
    traceFlags: sanitizeCount(() => context?.traceFlags),
    isRemote: attempt(() => context?.isRemote) === true,
    ...(state !== '' && { traceState: readOnlyState(state) }),
  }
}

function sanitizeEvent(event: TimedEvent): TimedEvent {
  const { attributes, lost } = sanitizeAttributes(() => event.attributes)
  return {
    time: sanitizeTime(() => event.time),
    name: sanitizeText(() => event.name),
    attributes,
    droppedAttributesCount: sanitizeCount(() => event.droppedAttributesCount) + lost,
  }
}

function sanitizeLink(link: Link): Link {
  const { attributes, lost } = sanitizeAttributes(() => link.attributes)
  return {
    context: sanitizeContext(() => link.context),
    attributes,
    droppedAttributesCount: sanitizeCount(() => link.droppedAttributesCount) + lost,
  }
}

function sanitizeStatus(read: () => SpanStatus): SpanStatus {
  const status = attempt(read)
  const message = sanitizeText(() => status?.message)
  return { code: sanitizeEnum(() => status?.code), ...(message !== '' && { message }) }
}

function sanitizeTime(read: () => Time): Time {
  const time = attempt(read)
  return [sanitizeCount(() => time?.[0]), sanitizeCount(() => time?.[1])]
}

function sanitizeList<T>(read: () => readonly T[], copy: (item: T) => T): T[] {
  return attempt(() => Array.from(read(), (item) => copy(item))) ?? []
}

function readOnlyState(text: string): NonNullable<SpanContext['traceState']> {
  const state = { get: () => undefined, set: () => state, unset: () => state, serialize: () => text }
  return state
}
