import type { Link, SpanContext, SpanStatus } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import { attempt, harmlessAttributes, harmlessCount, harmlessEnum, harmlessText } from './sanitize.js'

type Time = ReadableSpan['startTime']

/**
 * A copy of the span in which everything is plain data of the right type, whatever the original does when it is read.
 * Attributes that could not be read are counted as dropped.
 */
export function harmlessSpan(span: ReadableSpan): ReadableSpan {
  const context = harmlessContext(() => span.spanContext())
  const parent = attempt(() => span.parentSpanContext)
  const { attributes, lost } = harmlessAttributes(() => span.attributes)
  return {
    name: harmlessText(() => span.name),
    kind: harmlessEnum(() => span.kind),
    spanContext: () => context,
    ...(parent != null && { parentSpanContext: harmlessContext(() => parent) }),
    startTime: harmlessTime(() => span.startTime),
    endTime: harmlessTime(() => span.endTime),
    status: harmlessStatus(() => span.status),
    attributes,
    links: harmlessList(() => span.links, harmlessLink),
    events: harmlessList(() => span.events, harmlessEvent),
    duration: harmlessTime(() => span.duration),
    ended: true,
    resource: attempt<unknown>(() => span.resource) as Resource,
    instrumentationScope: attempt<unknown>(() => span.instrumentationScope) as InstrumentationScope,
    droppedAttributesCount: harmlessCount(() => span.droppedAttributesCount) + lost,
    droppedEventsCount: harmlessCount(() => span.droppedEventsCount),
    droppedLinksCount: harmlessCount(() => span.droppedLinksCount),
  }
}

function harmlessContext(read: () => SpanContext): SpanContext {
  const context = attempt(read)
  const state = harmlessText(() => context?.traceState?.serialize())
  return {
    traceId: harmlessText(() => context?.traceId),
    spanId: harmlessText(() => context?.spanId),
    traceFlags: harmlessCount(() => context?.traceFlags),
    isRemote: attempt(() => context?.isRemote) === true,
    ...(state !== '' && { traceState: readOnlyState(state) }),
  }
}

function harmlessEvent(event: TimedEvent): TimedEvent {
  const { attributes, lost } = harmlessAttributes(() => event.attributes)
  return {
    time: harmlessTime(() => event.time),
    name: harmlessText(() => event.name),
    attributes,
    droppedAttributesCount: harmlessCount(() => event.droppedAttributesCount) + lost,
  }
}

function harmlessLink(link: Link): Link {
  const { attributes, lost } = harmlessAttributes(() => link.attributes)
  return {
    context: harmlessContext(() => link.context),
    attributes,
    droppedAttributesCount: harmlessCount(() => link.droppedAttributesCount) + lost,
  }
}

function harmlessStatus(read: () => SpanStatus): SpanStatus {
  const status = attempt(read)
  const message = harmlessText(() => status?.message)
  return { code: harmlessEnum(() => status?.code), ...(message !== '' && { message }) }
}

function harmlessTime(read: () => Time): Time {
  const time = attempt(read)
  return [harmlessCount(() => time?.[0]), harmlessCount(() => time?.[1])]
}

function harmlessList<T>(read: () => readonly T[], copy: (item: T) => T): T[] {
  return attempt(() => Array.from(read(), (item) => copy(item))) ?? []
}

function readOnlyState(text: string): NonNullable<SpanContext['traceState']> {
  const state = { get: () => undefined, set: () => state, unset: () => state, serialize: () => text }
  return state
}
