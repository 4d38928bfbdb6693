/** A decoded ExportTraceServiceRequest, every field as it was sent: ids as bytes, 64-bit integers as bigint. */
export interface ExportRequestMessage {
  readonly resourceSpans: readonly ResourceSpansMessage[]
}

export interface ResourceSpansMessage {
  readonly resource: ResourceMessage | null
  readonly scopeSpans: readonly ScopeSpansMessage[]
  readonly schemaUrl: string
}

export interface ResourceMessage {
  readonly attributes: readonly KeyValueMessage[]
  readonly droppedAttributesCount: number
  readonly entityRefs: readonly EntityRefMessage[]
}

export interface EntityRefMessage {
  readonly schemaUrl: string
  readonly type: string
  readonly idKeys: readonly string[]
  readonly descriptionKeys: readonly string[]
}

export interface ScopeSpansMessage {
  readonly scope: ScopeMessage | null
  readonly spans: readonly SpanMessage[]
  readonly schemaUrl: string
}

export interface ScopeMessage {
  readonly name: string
  readonly version: string
  readonly attributes: readonly KeyValueMessage[]
  readonly droppedAttributesCount: number
}

export interface SpanMessage {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly traceState: string
  readonly parentSpanId: Uint8Array
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly attributes: readonly KeyValueMessage[]
  readonly droppedAttributesCount: number
  readonly events: readonly EventMessage[]
  readonly droppedEventsCount: number
  readonly links: readonly LinkMessage[]
  readonly droppedLinksCount: number
  readonly status: { readonly message: string; readonly code: number } | null
  readonly flags: number
}

export interface EventMessage {
  readonly timeUnixNano: bigint
  readonly name: string
  readonly attributes: readonly KeyValueMessage[]
  readonly droppedAttributesCount: number
}

export interface LinkMessage {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly traceState: string
  readonly attributes: readonly KeyValueMessage[]
  readonly droppedAttributesCount: number
  readonly flags: number
}

export interface KeyValueMessage {
  readonly key: string
  readonly value: AnyValueMessage | null
}

/** `value` names the field that is set; none is set in an empty value. */
export interface AnyValueMessage {
  readonly value?: Exclude<keyof AnyValueMessage, 'value'>
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: bigint
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly AnyValueMessage[] }
  readonly kvlistValue?: { readonly values: readonly KeyValueMessage[] }
  readonly bytesValue?: Uint8Array
}
