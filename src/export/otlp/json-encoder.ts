import type { Attributes } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { SpanEncoder } from './encoder.js'
import { sanitizeResource, sanitizeScope, type SanitizedSource } from './sanitize-source.js'
import { sanitizeSpan } from './sanitize-span.js'
import { attempt } from './sanitize.js'

/** Keeps the spans, and has OpenTelemetry's own serializer write them: who wants speed does not choose JSON. */
export function otlpJsonEncoder(): SpanEncoder {
  return new KeepingEncoder()
}

// About what JSON takes, besides the texts themselves.
const SPAN_BYTES = 400
const EVENT_BYTES = 120
const ATTRIBUTE_BYTES = 50

class KeepingEncoder implements SpanEncoder {
  byteLength = 0
  #kept: ReadableSpan[] = []

  get spans(): number {
    return this.#kept.length
  }

  add(span: ReadableSpan): void {
    this.#kept.push(span)
    this.byteLength += attempt(() => estimate(span)) ?? SPAN_BYTES
  }

  take(): Uint8Array<ArrayBuffer> {
    const spans = this.#kept
    this.#kept = []
    this.byteLength = 0
    if (spans.length === 0) return new Uint8Array(0)
    const json = attempt(() => (isAnyPending(spans) ? undefined : serialize(spans))) ?? serialize(sanitized(spans))
    return new Uint8Array(json)
  }
}

/** The serializer would have the resource log an error: copies have what is known of it. */
function isAnyPending(spans: readonly ReadableSpan[]): boolean {
  return spans.some(({ resource }) => resource.asyncAttributesPending === true)
}

/** Undefined is what the serializer's type allows; it does not happen. */
function serialize(spans: ReadableSpan[]): Uint8Array {
  return JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
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
  let bytes = SPAN_BYTES + name.length + estimateAttributes(attributes)
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
