import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api'
import type { TracedCalls } from './library.js'

/** What is done with messages, as the library calls it. */
export interface MessageCall {
  /** A value of `messaging.system.name`. */
  readonly system: string
  readonly operation: string
  readonly type: 'send' | 'receive' | 'process'
  /** A queue, topic or subject; left out of the name where there are as many as there are messages. */
  readonly destination: string
  readonly isTemporary?: boolean
  readonly attributes?: Attributes
}

const KINDS = { send: SpanKind.PRODUCER, receive: SpanKind.CLIENT, process: SpanKind.CONSUMER } as const

/** A span by the conventions of messaging: `publish orders`. */
export function startMessage(
  calls: TracedCalls,
  call: MessageCall,
  parent?: Context,
  links: Link[] = [],
): Span | undefined {
  const { system, operation, type, destination, isTemporary = false, attributes } = call
  return calls.start(
    isTemporary ? operation : `${operation} ${destination}`,
    {
      kind: KINDS[type],
      links,
      attributes: {
        'messaging.system.name': system,
        'messaging.operation.name': operation,
        'messaging.operation.type': type,
        'messaging.destination.name': destination,
        ...(isTemporary && { 'messaging.destination.temporary': true }),
        ...attributes,
      },
    },
    parent,
  )
}

/**
 * The context in which a message is handled: that of who sent it. What is active where the library calls the handler is of
 * whatever has subscribed, or of the message before; without a sender each message is a trace of its own.
 */
export function contextOfSender(calls: TracedCalls, carrier: Readonly<Record<string, unknown>> | undefined): Context {
  return calls.safely(() => propagation.extract(ROOT_CONTEXT, carrier ?? {})) ?? ROOT_CONTEXT
}

/** What a message carries of the context. */
export function carrierOf(calls: TracedCalls, active: Context): Record<string, string> {
  const carrier: Record<string, string> = {}
  calls.safely(() => propagation.inject(active, carrier))
  return carrier
}

/** A link to the span that is active, for one that continues another trace. */
export function linkTo(active: Context): Link[] {
  const context = trace.getSpanContext(active)
  return context ? [{ context }] : []
}
