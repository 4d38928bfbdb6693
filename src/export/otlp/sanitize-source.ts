import type { Attributes } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { settledAttributes } from '../../internal/otel-api/settled-attributes.js'
import { harmlessAttributes, harmlessCount, harmlessText } from './sanitize.js'

/** Where spans come from, as plain data of the right type. */
export interface HarmlessSource {
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface HarmlessScope extends HarmlessSource {
  readonly name: string
  readonly version: string
}

/** Scopes have attributes in OTLP; the SDK's type does not tell of them. */
type Scope = InstrumentationScope & { readonly attributes?: Attributes; readonly droppedAttributesCount?: number }

export function harmlessResource(resource: Resource): HarmlessSource {
  const { attributes, lost } = harmlessAttributes(() => settledAttributes(resource))
  return { attributes, droppedAttributesCount: lost, schemaUrl: harmlessText(() => resource.schemaUrl) }
}

export function harmlessScope(scope: Scope): HarmlessScope {
  const { attributes, lost } = harmlessAttributes(() => scope.attributes)
  return {
    name: harmlessText(() => scope.name),
    version: harmlessText(() => scope.version),
    attributes,
    droppedAttributesCount: harmlessCount(() => scope.droppedAttributesCount) + lost,
    schemaUrl: harmlessText(() => scope.schemaUrl),
  }
}
