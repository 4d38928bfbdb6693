import type { Attributes } from '@opentelemetry/api'

/** Messages, or changes of data, that have come to AWS Lambda as an event. */
export interface LambdaMessages {
  /** A value of `faas.trigger`. */
  readonly trigger: 'pubsub' | 'datasource'
  /** `process orders`; undefined where the function's name is better. */
  readonly name: string | undefined
  readonly attributes: Attributes
  readonly messages: readonly LambdaMessage[]
}

export interface LambdaMessage {
  /** What has the sender's trace context. */
  readonly carrier: unknown
  readonly id: string | undefined
}

interface EventRecord {
  readonly eventSource?: string
  readonly eventSourceARN?: string
  readonly messageId?: string
  readonly EventSource?: string
  readonly Sns?: { readonly TopicArn?: string; readonly MessageId?: string }
  readonly headers?: readonly object[]
}

/** What each source is, as far as the conventions have a name for it. */
const SOURCES: Readonly<Record<string, { readonly system?: string; readonly trigger: LambdaMessages['trigger'] }>> = {
  'aws:sqs': { system: 'aws.sqs', trigger: 'pubsub' },
  'aws:sns': { system: 'aws.sns', trigger: 'pubsub' },
  'aws:kafka': { system: 'kafka', trigger: 'pubsub' },
  SelfManagedKafka: { system: 'kafka', trigger: 'pubsub' },
  'aws:kinesis': { system: 'aws.kinesis', trigger: 'pubsub' },
  'aws:dynamodb': { trigger: 'datasource' },
  'aws:s3': { trigger: 'datasource' },
}

/** The event's own shape; undefined when it is something else. */
export function lambdaMessages(event: {
  readonly Records?: unknown
  readonly eventSource?: unknown
  readonly records?: unknown
  readonly 'detail-type'?: unknown
}): LambdaMessages | undefined {
  if (Array.isArray(event.Records)) return ofRecords(event.Records as readonly EventRecord[])
  if (typeof event.records === 'object' && event.records !== null && typeof event.eventSource === 'string') {
    const byPartition = event.records as Readonly<Record<string, readonly (EventRecord & { topic?: string })[]>>
    const records = Object.values(byPartition).flat()
    return messagesOf(event.eventSource, new Set(records.map(({ topic }) => topic)), records)
  }
  // EventBridge carries no headers.
  return event['detail-type'] === undefined
    ? undefined
    : { trigger: 'pubsub', name: undefined, attributes: {}, messages: [] }
}

/** Scheduled events: `{ source: 'aws.events', 'detail-type': 'Scheduled Event' }`. */
export function isTimer(event: { readonly 'detail-type'?: unknown }): boolean {
  return event['detail-type'] === 'Scheduled Event'
}

function ofRecords(records: readonly EventRecord[]): LambdaMessages | undefined {
  const source = records[0]?.eventSource ?? records[0]?.EventSource
  if (source === undefined) return undefined
  const arns = records.map(({ eventSourceARN, Sns }) => eventSourceARN ?? Sns?.TopicArn)
  return messagesOf(source, new Set(arns.map((arn) => nameIn(arn))), records)
}

function messagesOf(
  source: string,
  destinations: ReadonlySet<string | undefined>,
  records: readonly EventRecord[],
): LambdaMessages | undefined {
  const known = Object.hasOwn(SOURCES, source) ? SOURCES[source] : undefined
  const { system, trigger = 'pubsub' } = known ?? {}
  const destination = destinations.size === 1 ? [...destinations][0] : undefined
  return {
    trigger,
    name: system === undefined || destination === undefined ? undefined : `process ${destination}`,
    attributes:
      system === undefined
        ? {}
        : {
            'messaging.system.name': system,
            'messaging.operation.name': 'process',
            'messaging.operation.type': 'process',
            ...(destination !== undefined && { 'messaging.destination.name': destination }),
            ...(records.length > 1 && { 'messaging.batch.message_count': records.length }),
          },
    messages: records.map(messageOf),
  }
}

function messageOf(record: EventRecord): LambdaMessage {
  return { carrier: record.headers ?? record, id: record.messageId ?? record.Sns?.MessageId }
}

/** `arn:aws:sqs:eu-west-1:123456789012:orders`, `arn:aws:kinesis:…:stream/orders`. */
function nameIn(arn: string | undefined): string | undefined {
  return arn?.split(':').at(-1)?.split('/').at(-1)
}
