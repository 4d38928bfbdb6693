import type { Attributes } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { SpanEncoder } from './encoder.js'
import { SerializingEncoder } from './serializing-encoder.js'
import { sanitizeResource, sanitizeScope, type SanitizedSource } from './sanitize-source.js'
import { sanitizeSpan } from './sanitize-span.js'
import { attempt } from '../../internal/checks/attempt.js'

// About what JSON takes, besides the texts themselves.
const SPAN_BYTES = 400
const EVENT_BYTES = 120
const ATTRIBUTE_BYTES = 50

/** Has OpenTelemetry's own serializer write the spans: JSON is not chosen for its speed. */
export function otlpJsonEncoder(): SpanEncoder {
  return new SerializingEncoder({
    itemBytes: SPAN_BYTES,
    textBytes: estimate,
    serialize: (spans) =>
      attempt(() => (isAnyPending(spans) ? undefined : JsonTraceSerializer.serializeRequest(spans))) ??
      JsonTraceSerializer.serializeRequest(sanitized(spans)),
  })
}

/** The serializer would have the resource log an error: copies have what is known of it. */
function isAnyPending(spans: readonly ReadableSpan[]): boolean {
  return spans.some(({ resource }) => resource.asyncAttributesPending === true)
}

/** The serializer reads nothing else of a resource. */
function sourceOnly(source: SanitizedSource): Resource {
  return source as unknown as Resource
}

/** Spans are grouped by the identity of their resource, so each has one copy. */
function sanitized(spans: readonly ReadableSpan[]): ReadableSpan[] {
  const resources = new Map<Resource, Resource>()
  return spans.map((span) => {
    const copy = sanitizeSpan(span)
    const resource = resources.get(copy.resource) ?? sourceOnly(sanitizeResource(copy.resource))
    resources.set(copy.resource, resource)
    return { ...copy, resource, instrumentationScope: sanitizeScope(copy.instrumentationScope) }
  })
}

function estimate({ name, attributes, events, links }: ReadableSpan): number {
  let bytes = name.length + estimateAttributes(attributes)
  for (const each of [...events, ...links]) bytes += EVENT_BYTES + estimateAttributes(each.attributes)
  return bytes
}

function estimateAttributes(attributes: Attributes | undefined): number {
  let bytes = 0
  for (const key in attributes) {
    const value = attributes[key]
    const hasLength = typeof value === 'string' || Array.isArray(value)
    bytes += ATTRIBUTE_BYTES + key.length + (hasLength ? value.length : 0)
  }
  return bytes
}
