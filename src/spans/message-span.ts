import { SpanKind, type Attributes, type Link, type Span } from '@opentelemetry/api'
import { runInSpan } from './with-span.js'

// The messaging conventions are not stable yet. Their names may not be imported: OpenTelemetry's incubating entry point
// changes in minor releases, so it asks libraries to copy what they use.
const ATTR_MESSAGING_SYSTEM_NAME = 'messaging.system.name'
const ATTR_MESSAGING_DESTINATION_NAME = 'messaging.destination.name'
const ATTR_MESSAGING_DESTINATION_TEMPLATE = 'messaging.destination.template'
const ATTR_MESSAGING_DESTINATION_TEMPORARY = 'messaging.destination.temporary'
const ATTR_MESSAGING_DESTINATION_ANONYMOUS = 'messaging.destination.anonymous'
const ATTR_MESSAGING_OPERATION_NAME = 'messaging.operation.name'
const ATTR_MESSAGING_OPERATION_TYPE = 'messaging.operation.type'

/** Semantic conventions for messaging spans, "Span kind": only sending and processing stand for the message itself. */
const KINDS = {
  send: SpanKind.PRODUCER,
  receive: SpanKind.CLIENT,
  process: SpanKind.CONSUMER,
  settle: SpanKind.CLIENT,
} as const

export interface MessageSpanOptions {
  /** `kafka`, `rabbitmq`, `aws.sqs`, `gcp.pubsub`, …: a value of `messaging.system.name`. */
  readonly system: string
  /** The topic, queue or exchange. */
  readonly destination: string
  /** `process` for a message that is pushed to you or handled after `receive`; `settle` for ack and nack. */
  readonly operation: 'send' | 'receive' | 'process' | 'settle'
  /** The spans that sent the messages, for `receive` and `process`. */
  readonly links?: Link[] | undefined
  /** Added to the conventions' own, and stronger than they. */
  readonly attributes?: Attributes | undefined
}

/**
 * Runs fn in a span for a message, by the semantic conventions: named `send orders`, kind PRODUCER for `send`, CONSUMER
 * for `process`, CLIENT for the calls to the broker (`receive`, `settle`). A temporary or anonymous destination
 * (attributes `messaging.destination.temporary`, `.anonymous`) stays out of the name, and
 * `messaging.destination.template` takes its place.
 *
 * See {@link withSpan} for how long the span lasts. The instrumentations of message brokers make these spans by
 * themselves: this is for clients that have none.
 */
export function withMessageSpan<T>(message: MessageSpanOptions, fn: (span: Span) => T): T {
  const { system, destination, operation, links, attributes } = message
  const target = lowCardinalityTarget(destination, attributes)
  return runInSpan(
    target === undefined ? operation : `${operation} ${target}`,
    {
      kind: KINDS[operation],
      ...(links !== undefined && { links }),
      attributes: {
        [ATTR_MESSAGING_SYSTEM_NAME]: system,
        [ATTR_MESSAGING_DESTINATION_NAME]: destination,
        [ATTR_MESSAGING_OPERATION_NAME]: operation,
        [ATTR_MESSAGING_OPERATION_TYPE]: operation,
        ...attributes,
      },
    },
    fn,
  )
}

function lowCardinalityTarget(destination: string, attributes: Attributes | undefined): string | undefined {
  const template = attributes?.[ATTR_MESSAGING_DESTINATION_TEMPLATE]
  if (typeof template === 'string') return template
  const isFleeting =
    attributes?.[ATTR_MESSAGING_DESTINATION_TEMPORARY] === true ||
    attributes?.[ATTR_MESSAGING_DESTINATION_ANONYMOUS] === true
  return isFleeting ? undefined : destination
}
