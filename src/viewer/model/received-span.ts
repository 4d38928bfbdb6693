/** A value of an attribute as OTLP has it: maps and lists may be nested; bytes are base64 text. */
export type AttributeValue =
  string | number | bigint | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue }

export type Attributes = Readonly<Record<string, AttributeValue>>

/** The kinds of OTLP; `unspecified` is what a sender that names none gets. */
export type ReceivedSpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'

export type ReceivedStatus = 'unset' | 'ok' | 'error'

/** The process that sent a span. One object is shared by all spans of one resource. */
export interface ReceivedResource {
  /** `service.name`, or `unknown_service` where the sender gave none. */
  readonly service: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

export interface ReceivedScope {
  readonly name: string
  readonly version?: string
  readonly attributes: Attributes
}

export interface ReceivedEvent {
  readonly name: string
  readonly timeMicros: number
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

export interface ReceivedLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
}

/**
 * A span as it arrived, whatever format it came in (OTLP, Jaeger JSON, Zipkin v2). Times are microseconds since the
 * Unix epoch as doubles, which is exact to a quarter of a microsecond. Ids are lower-case hexadecimal text.
 */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** `undefined` for a root. */
  readonly parentSpanId: string | undefined
  readonly traceState: string
  readonly name: string
  readonly kind: ReceivedSpanKind
  readonly startMicros: number
  /** `undefined` where the sender gave no end, or one before the start. */
  readonly endMicros: number | undefined
  readonly status: ReceivedStatus
  readonly statusMessage: string
  readonly attributes: Attributes
  readonly events: readonly ReceivedEvent[]
  readonly links: readonly ReceivedLink[]
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
  readonly resource: ReceivedResource
  readonly scope: ReceivedScope
}

/** A log record as it arrived by OTLP, or a line of `--logs FILE` that carries a trace id. */
export interface ReceivedLog {
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly timeMicros: number
  readonly severity: string
  readonly body: AttributeValue
  readonly attributes: Attributes
  readonly resource: ReceivedResource
}
