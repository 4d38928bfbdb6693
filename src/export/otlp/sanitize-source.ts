import type { Attributes } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { settledAttributes } from '../../internal/otel-api/settled-attributes.js'
import { sanitizeAttributes, sanitizeCount, sanitizeText } from './sanitize.js'

/** Where spans come from, as plain data of the right type. */
export interface SanitizedSource {
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface SanitizedScope extends SanitizedSource {
  readonly name: string
  readonly version: string
}

/** Scopes have attributes in OTLP; the SDK's type leaves them out. */
type Scope = InstrumentationScope & { readonly attributes?: Attributes; readonly droppedAttributesCount?: number }

export function sanitizeResource(resource: Resource): SanitizedSource {
  const { attributes, lost } = sanitizeAttributes(() => settledAttributes(resource))
  return { attributes, droppedAttributesCount: lost, schemaUrl: sanitizeText(() => resource.schemaUrl) }
}

export function sanitizeScope(scope: Scope): SanitizedScope {
  const { attributes, lost } = sanitizeAttributes(() => scope.attributes)
  return {
    name: sanitizeText(() => scope.name),
    version: sanitizeText(() => scope.version),
    attributes,
    droppedAttributesCount: sanitizeCount(() => scope.droppedAttributesCount) + lost,
    schemaUrl: sanitizeText(() => scope.schemaUrl),
  }
}
