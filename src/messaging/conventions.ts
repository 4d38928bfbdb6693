import { SpanKind, type Attributes } from '@opentelemetry/api'

// The messaging conventions are not stable yet. Their names may not be imported: OpenTelemetry's incubating entry point
// changes in minor releases, so it asks libraries to copy what they use.
const ATTR_MESSAGING_SYSTEM_NAME = 'messaging.system.name'
const ATTR_MESSAGING_DESTINATION_NAME = 'messaging.destination.name'
const ATTR_MESSAGING_DESTINATION_TEMPLATE = 'messaging.destination.template'
const ATTR_MESSAGING_DESTINATION_TEMPORARY = 'messaging.destination.temporary'
const ATTR_MESSAGING_DESTINATION_ANONYMOUS = 'messaging.destination.anonymous'
const ATTR_MESSAGING_OPERATION_NAME = 'messaging.operation.name'
const ATTR_MESSAGING_OPERATION_TYPE = 'messaging.operation.type'
export const ATTR_MESSAGING_MESSAGE_ID = 'messaging.message.id'
export const ATTR_MESSAGING_BATCH_MESSAGE_COUNT = 'messaging.batch.message_count'

/** The work that a span stands for, in the conventions' words. */
export type MessageOperation = 'send' | 'receive' | 'process' | 'settle'

/** Semantic conventions for messaging spans, "Span kind": only sending and processing stand for the message itself. */
const KINDS: Readonly<Record<MessageOperation, SpanKind>> = {
  send: SpanKind.PRODUCER,
  receive: SpanKind.CLIENT,
  process: SpanKind.CONSUMER,
  settle: SpanKind.CLIENT,
}

export interface DescribedOperation {
  readonly system: string
  readonly destination: string
  readonly operation: MessageOperation
  readonly attributes?: Attributes | undefined
}

/** Name, kind and attributes that the conventions ask for; the caller's own attributes are stronger. */
export function describeOperation({ system, destination, operation, attributes }: DescribedOperation): {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
} {
  const target = lowCardinalityTarget(destination, attributes)
  const given = attributes?.[ATTR_MESSAGING_OPERATION_NAME]
  const operationName = typeof given === 'string' ? given : operation
  return {
    name: target === undefined ? operationName : `${operationName} ${target}`,
    kind: KINDS[operation],
    attributes: {
      [ATTR_MESSAGING_SYSTEM_NAME]: system,
      [ATTR_MESSAGING_DESTINATION_NAME]: destination,
      [ATTR_MESSAGING_OPERATION_NAME]: operation,
      [ATTR_MESSAGING_OPERATION_TYPE]: operation,
      ...attributes,
    },
  }
}

function lowCardinalityTarget(destination: string, attributes: Attributes | undefined): string | undefined {
  const template = attributes?.[ATTR_MESSAGING_DESTINATION_TEMPLATE]
  if (typeof template === 'string') return template
  const isFleeting =
    attributes?.[ATTR_MESSAGING_DESTINATION_TEMPORARY] === true ||
    attributes?.[ATTR_MESSAGING_DESTINATION_ANONYMOUS] === true
  return isFleeting ? undefined : destination
}
