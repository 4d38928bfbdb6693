import { propagation, ROOT_CONTEXT, SpanKind, type Context, type Span } from '@opentelemetry/api'
import type { TracedCalls } from './library.js'

interface MessageCall {
  /** A value of `messaging.system.name`. */
  readonly system: string
  /** What is done, as the library calls it. */
  readonly operation: string
  readonly type: 'send' | 'process'
  /** A queue, topic or subject. */
  readonly destination: string
}

/** A span by the conventions of messaging: `add orders`. */
export function startMessage(calls: TracedCalls, call: MessageCall, parent?: Context): Span | undefined {
  const { system, operation, type, destination } = call
  const attributes = {
    'messaging.system.name': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.name': destination === '' ? undefined : destination,
  }
  const kind = type === 'send' ? SpanKind.PRODUCER : SpanKind.CONSUMER
  // Flows that are added together go to several queues.
  const name = destination === '' ? operation : `${operation} ${destination}`
  return calls.start(name, { kind, attributes }, parent)
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
