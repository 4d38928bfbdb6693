import { context, trace, type Attributes, type Span } from '@opentelemetry/api'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { linksToSender } from '../internal/otel-api/outside-trace.js'
import { runInSpan } from '../spans/with-span.js'
import { ATTR_MESSAGING_BATCH_MESSAGE_COUNT, ATTR_MESSAGING_MESSAGE_ID, describeOperation } from './conventions.js'
import { runMessageSpan, originOf } from './message-span.js'

export interface MessageBatchOptions<M> {
  /** `kafka`, `rabbitmq`, `aws.sqs`, `gcp.pubsub`, …: a value of `messaging.system.name`. */
  readonly system: string
  /** The topic or queue that all messages of the batch come from. */
  readonly destination: string
  /** As the client hands them over: SQS leaves them out where there are none. */
  readonly messages: readonly M[] | undefined
  /** Where a message carries the trace context of who sent it; the message itself by default. */
  readonly carrierOf?: ((message: M) => unknown) | undefined
  /** The broker's id of a message: `messaging.message.id`. */
  readonly idOf?: ((message: M) => string | undefined) | undefined
  /** Attributes of a message: for its span, and for the link to its sender. */
  readonly attributesOf?: ((message: M) => Attributes | undefined) | undefined
  /** What holds for the batch and each of its messages (the consumer group, say); stronger than the conventions' own. */
  readonly attributes?: Attributes | undefined
}

/** Runs the handler for one message, in a span of its own; returns what the handler returns. */
export type EachMessage<M> = <R>(message: M, handler: (span: Span) => R) => R

/**
 * Runs fn in a CONSUMER span for a batch of messages, `process orders`, with the number of messages and a link to the
 * sender of each. fn calls `each(message, handler)` for every message: the handler runs in a `process` span in the
 * sender's trace, baggage included, with a link to the batch. A message without a trace context is a child of the batch.
 *
 * Order, concurrency and errors are fn's: a loop that awaits each one stops at the first error, and the batch fails with
 * it; `Promise.allSettled` handles all, and the batch has failed only if fn throws.
 *
 * The SDK keeps 128 links of a span (`spanLimits.linkCountLimit`), the last ones, and counts what it leaves out; the link
 * from each message to the batch is there in any case. See {@link withSpan} for how long the spans last. Receiving the
 * batch is another span: `withMessageSpan({ operation: 'receive', … })` around the call.
 */
export function withMessageBatch<M, T>(batch: MessageBatchOptions<M>, fn: (span: Span, each: EachMessage<M>) => T): T {
  const { system, destination, messages = [], attributes: shared } = batch
  const around = context.active()
  const { name, ...options } = describeOperation({
    system,
    destination,
    operation: 'process',
    attributes: { [ATTR_MESSAGING_BATCH_MESSAGE_COUNT]: messages.length, ...shared },
  })
  const links = messages.flatMap((message) => {
    const { carrier, attributes } = read(batch, message)
    return linksToSender(originOf(carrier, around).received, attributes)
  })
  return runInSpan(name, { ...options, links }, (span) => {
    // A pool of workers may call from anywhere: the batch is what the messages belong to.
    const inBatch = trace.setSpan(around, span)
    const each: EachMessage<M> = (message, handler) => {
      const { carrier, attributes } = read(batch, message)
      const own = { system, destination, carrier, attributes: { ...shared, ...attributes } }
      return context.with(inBatch, () => runMessageSpan({ ...own, operation: 'process' }, handler))
    }
    return fn(span, each)
  })
}

function read<M>(batch: MessageBatchOptions<M>, message: M): { carrier: unknown; attributes: Attributes } {
  const { carrierOf = itself, idOf, attributesOf } = batch
  const id = safely(FAILED, () => idOf?.(message))
  return {
    carrier: safely(FAILED, () => carrierOf(message)),
    attributes: {
      ...(id !== undefined && { [ATTR_MESSAGING_MESSAGE_ID]: id }),
      ...safely(FAILED, () => attributesOf?.(message)),
    },
  }
}

const FAILED = 'a function given to withMessageBatch has failed'

const itself = (message: unknown): unknown => message
