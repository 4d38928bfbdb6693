import type {
  ExportRequestMessage,
  ResourceSpansMessage,
  ScopeSpansMessage,
  SpanMessage,
} from '../../helpers/otlp-sink/message.js'
import { decodeProtobuf } from '../../helpers/otlp-sink/decode.js'

/** The message, and nothing but the message: what the schema does not know of is an error. */
export function decoded(bytes: Uint8Array | undefined): ExportRequestMessage {
  if (bytes === undefined) throw new Error('nothing was serialized')
  const { message, problems } = decodeProtobuf(new Uint8Array(bytes))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return message
}

/** The message with its groups in an order of their own: the one they come in means nothing. */
export function decodedInOrder(bytes: Uint8Array | undefined): ExportRequestMessage {
  const { resourceSpans } = decoded(bytes)
  return { resourceSpans: resourceSpans.map(inOrder).sort((a, b) => compare(markerOf(a), markerOf(b))) }
}

function inOrder(group: ResourceSpansMessage): ResourceSpansMessage {
  return { ...group, scopeSpans: group.scopeSpans.toSorted((a, b) => compare(nameOf(a), nameOf(b))) }
}

function markerOf({ resource }: ResourceSpansMessage): string {
  return resource?.attributes.find(({ key }) => key === 'marker_')?.value?.stringValue ?? ''
}

function nameOf({ scope }: ScopeSpansMessage): string {
  return scope?.name ?? ''
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The one span of the request. */
export function decodedSpan(bytes: Uint8Array): SpanMessage {
  const spans = decoded(bytes).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  const [only] = spans
  if (only === undefined || spans.length > 1) throw new Error(`${spans.length} spans`)
  return only
}
