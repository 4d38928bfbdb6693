import { attributesFrom, type ReceivedAttributes } from './attributes.js'
import type { EventMessage, ExportRequestMessage, LinkMessage, SpanMessage } from './message.js'
import { undecodable } from './refusal.js'

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'] as const

export type ReceivedSpanKind = (typeof KINDS)[number]
export type ReceivedStatusCode = (typeof STATUS_CODES)[number]

/** A span as it arrived: ids in lower-case hex, times in nanoseconds since the Unix epoch. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Undefined in a root span. */
  readonly parentSpanId: string | undefined
  readonly traceState: string
  readonly name: string
  readonly kind: ReceivedSpanKind
  readonly startUnixNano: bigint
  readonly endUnixNano: bigint
  readonly attributes: ReceivedAttributes
  readonly droppedAttributesCount: number
  readonly events: readonly ReceivedEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly ReceivedLink[]
  readonly droppedLinksCount: number
  readonly status: { readonly code: ReceivedStatusCode; readonly message: string }
  /** Bits 0 to 7: W3C trace flags. 0x100: it is known whether the parent is remote. 0x200: it is. */
  readonly flags: number
  readonly resource: ReceivedResource
  readonly scope: ReceivedScope
}

export interface ReceivedEvent {
  readonly name: string
  readonly timeUnixNano: bigint
  readonly attributes: ReceivedAttributes
  readonly droppedAttributesCount: number
}

export interface ReceivedLink {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: ReceivedAttributes
  readonly droppedAttributesCount: number
  readonly flags: number
}

export interface ReceivedResource {
  readonly attributes: ReceivedAttributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface ReceivedScope extends ReceivedResource {
  readonly name: string
  readonly version: string
}

type ReportProblem = (problem: string) => void
type Origin = Pick<ReceivedSpan, 'resource' | 'scope'>

/**
 * All spans of a request, in its order. What the specification forbids though servers take it is reported.
 *
 * @throws {Refusal} when an id has a wrong length.
 */
export function receivedSpans(message: ExportRequestMessage, report: ReportProblem): ReceivedSpan[] {
  return message.resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans }) => {
    const received = { ...withAttributes(resource, report), schemaUrl }
    return scopeSpans.flatMap(({ scope, schemaUrl: scopeSchemaUrl, spans }) => {
      const { name = '', version = '' } = scope ?? {}
      const receivedScope = { name, version, ...withAttributes(scope, report), schemaUrl: scopeSchemaUrl }
      return spans.map((span) => receivedSpan(span, { resource: received, scope: receivedScope }, report))
    })
  })
}

function receivedSpan(span: SpanMessage, origin: Origin, report: ReportProblem): ReceivedSpan {
  const where = `span "${span.name}"`
  const reportHere: ReportProblem = (problem) => report(`${where}: ${problem}`)
  const traceId = hex(span.traceId, 16, `${where}: trace id`)
  const spanId = hex(span.spanId, 8, `${where}: span id`)
  if (/^0+$/.test(traceId)) reportHere('the trace id is zero')
  if (/^0+$/.test(spanId)) reportHere('the span id is zero')
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanId.length === 0 ? undefined : hex(span.parentSpanId, 8, `${where}: parent span id`),
    traceState: span.traceState,
    name: span.name,
    kind: KINDS[span.kind] ?? unknownValue('UNSPECIFIED', `kind ${span.kind}`, reportHere),
    startUnixNano: span.startTimeUnixNano,
    endUnixNano: span.endTimeUnixNano,
    ...withAttributes(span, reportHere),
    events: span.events.map((event) => receivedEvent(event, reportHere)),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => receivedLink(link, where, reportHere)),
    droppedLinksCount: span.droppedLinksCount,
    status: receivedStatus(span.status, reportHere),
    flags: span.flags,
    ...origin,
  }
}

function receivedEvent(event: EventMessage, report: ReportProblem): ReceivedEvent {
  return { name: event.name, timeUnixNano: event.timeUnixNano, ...withAttributes(event, report) }
}

function receivedLink(link: LinkMessage, where: string, report: ReportProblem): ReceivedLink {
  return {
    traceId: hex(link.traceId, 16, `${where}: trace id of a link`),
    spanId: hex(link.spanId, 8, `${where}: span id of a link`),
    traceState: link.traceState,
    ...withAttributes(link, report),
    flags: link.flags,
  }
}

function receivedStatus(status: SpanMessage['status'], report: ReportProblem): ReceivedSpan['status'] {
  const { code = 0, message = '' } = status ?? {}
  return { code: STATUS_CODES[code] ?? unknownValue('UNSET', `status code ${code}`, report), message }
}

function withAttributes(
  part: Pick<SpanMessage, 'attributes' | 'droppedAttributesCount'> | null,
  report: ReportProblem,
): Pick<ReceivedSpan, 'attributes' | 'droppedAttributesCount'> {
  const { attributes = [], droppedAttributesCount = 0 } = part ?? {}
  return { attributes: attributesFrom(attributes, report), droppedAttributesCount }
}

function unknownValue<T>(standIn: T, what: string, report: ReportProblem): T {
  report(`${what} is unknown`)
  return standIn
}

function hex(bytes: Uint8Array, length: number, what: string): string {
  if (bytes.length !== length) throw undecodable(`${what} must have ${length} bytes, has ${bytes.length}`)
  return Buffer.from(bytes).toString('hex')
}
