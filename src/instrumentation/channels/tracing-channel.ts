import { context, type Context, type Span } from '@opentelemetry/api'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { safely } from '../../internal/diagnostics/diagnostics.js'

/** How the calls that a library publishes on a tracing channel become spans. */
interface ChannelSpans<Message extends object> {
  /** Undefined: the call has no span, and runs in the active context. */
  readonly start: (message: Message, active: Context) => StartedCall | undefined
  /** Once, when the call has returned, or its promise is settled; the message then has its `result`, or its `error`. */
  readonly end: (span: Span, message: Message & Settled) => void
}

export interface StartedCall {
  /** To run the call in. */
  readonly context: Context
  /** The call's own, to be ended with it. */
  readonly span?: Span
}

export interface Settled {
  readonly result?: unknown
  readonly error?: unknown
}

/**
 * Makes the API's context manager, whichever is registered, the store of a channel: what the library calls runs in the context.
 * Node.js asks no more of a store than `run`; a release of it that does finds a store that keeps to itself.
 */
class ContextStore extends AsyncLocalStorage<Context> {
  override run<R, Args extends unknown[]>(active: Context, callback: (...args: Args) => R, ...args: Args): R {
    return context.with(active, callback as (...args: unknown[]) => R, undefined, ...args)
  }
}

const store = new ContextStore()

export type TraceChannel = <Message extends object>(name: string, spans: ChannelSpans<Message>) => void

/** Traces what a library publishes on its tracing channel, from now on. Where nothing is published, this costs nothing. */
export const traceChannel: TraceChannel = <Message extends object>(
  name: string,
  { start, end }: ChannelSpans<Message>,
): void => {
  const spans = new WeakMap<Message, Span>()
  // What a subscriber or a store throws would end the process.
  const settle = (message: Message): void => {
    const span = spans.get(message)
    if (!span) return
    spans.delete(message)
    safely(`a span of ${name} could not be completed`, () => end(span, message))
    safely(`a span of ${name} could not be ended`, () => span.end())
  }
  const channel = tracingChannel<unknown, Message>(name)
  channel.start.bindStore(store, (message: Message) => {
    const active = context.active()
    const started = safely(`${name} is not traced`, () => start(message, active))
    if (started?.span) spans.set(message, started.span)
    return started?.context ?? active
  })
  channel.subscribe({
    start() {},
    // Of a call that has returned a promise, or has a callback, neither is known here.
    end: (message) => ('result' in message || 'error' in message ? settle(message) : undefined),
    // Before the callback, which is not part of the call.
    asyncStart: (message) => settle(message),
    asyncEnd() {},
    error() {},
  })
}
