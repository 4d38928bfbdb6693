import {
  context,
  trace,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Attributes,
  type Link,
  type Span,
  type Context,
} from '@opentelemetry/api'
import { linksToSender, withOutsideTrace } from '../internal/otel-api/outside-trace.js'
import { injectTraceContext } from '../propagation/inject-trace-context.js'
import { runInSpan } from '../spans/with-span.js'
import { ATTR_MESSAGING_MESSAGE_ID, describeOperation, type MessageOperation } from './conventions.js'
import { extractTraceContext } from '../propagation/extract-trace-context.js'

export interface MessageSpanOptions {
  /** `kafka`, `rabbitmq`, `aws.sqs`, `gcp.pubsub`, …: a value of `messaging.system.name`. */
  readonly system: string
  /** The topic, queue or exchange. */
  readonly destination: string
  /** `process` for a message that is pushed to you or handled after `receive`; `settle` for ack and nack. */
  readonly operation: MessageOperation
  /**
   * Where the message carries the trace context of who sent it: its headers, attributes, or the message itself, as
   * {@link extractTraceContext} takes them. `process` continues that trace, baggage included, and keeps a link to the
   * span that it runs in, if any. All others link to the sender. A carrier without a trace context changes nothing.
   */
  readonly carrier?: unknown
  /** The broker's id of the message: `messaging.message.id`. */
  readonly messageId?: string | undefined
  /** More spans that this one belongs to, such as the senders of several messages that are received at once. */
  readonly links?: Link[] | undefined
  /** Added to the conventions' own, and stronger than they; `messaging.operation.name` names the span, too. */
  readonly attributes?: Attributes | undefined
}

/**
 * Runs fn in a span for a message, by the semantic conventions: named `send orders`, kind PRODUCER for `send`, CONSUMER
 * for `process`, CLIENT for the calls to the broker (`receive`, `settle`). A temporary or anonymous destination
 * (attributes `messaging.destination.temporary`, `.anonymous`) stays out of the name, and
 * `messaging.destination.template` takes its place.
 *
 * fn gets the headers that carry the span (and baggage) to the consumer: put them on the message that you send. Where a
 * message wants another form than plain headers, call {@link injectTraceContext} in fn.
 *
 * See {@link withSpan} for how long the span lasts. The instrumentations of message brokers make these spans by
 * themselves: this is for clients that have none, or where it is turned off.
 */
export function withMessageSpan<T>(
  message: MessageSpanOptions,
  fn: (span: Span, headers: Record<string, string>) => T,
): T {
  return runMessageSpan(message, (span) => fn(span, injectTraceContext({})))
}

/** The same without headers, for who sends nothing. */
export function runMessageSpan<T>(message: MessageSpanOptions, fn: (span: Span) => T): T {
  const { operation, carrier, messageId, links = [], attributes } = message
  const active = context.active()
  const { received, isContinued, context: origin } = originOf(carrier, active)
  const continues = operation === 'process' && isContinued
  const related = linksToSender(continues ? active : received)
  const ofMessage = messageId !== undefined && { [ATTR_MESSAGING_MESSAGE_ID]: messageId }
  const { name, ...options } = describeOperation({ ...message, attributes: { ...ofMessage, ...attributes } })
  const parent = operation === 'process' ? origin : active
  return context.with(parent, () => runInSpan(name, { ...options, links: [...related, ...links] }, fn))
}

/** Where a message comes from: the conventions' "message creation context". */
export interface Origin {
  /** What its carrier says, trusted or not. */
  readonly received: Context
  /** Whether it has a span that created it, which is trusted. */
  readonly isContinued: boolean
  /** What it is processed in: with the span and the baggage of who created it, else with the span of the given context. */
  readonly context: Context
}

export function originOf(carrier: unknown, around: Context): Origin {
  if (carrier === undefined || carrier === null) return { received: ROOT_CONTEXT, isContinued: false, context: around }
  const received = extractTraceContext(carrier, { context: trace.deleteSpan(around) })
  const producer = trace.getSpanContext(received)
  if (producer !== undefined && isSpanContextValid(producer)) return { received, isContinued: true, context: received }
  // Baggage may have come alone. Who is not trusted is linked to here, whether or not a trace starts.
  const inside = withOutsideTrace(received, undefined)
  const span = trace.getSpan(around)
  return { received, isContinued: false, context: span === undefined ? inside : trace.setSpan(inside, span) }
}
