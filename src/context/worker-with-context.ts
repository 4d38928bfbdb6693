import { context } from '@opentelemetry/api'
import type { ChildProcess } from 'node:child_process'
import type { Worker as ClusterWorker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import type { BroadcastChannel, MessagePort, Worker } from 'node:worker_threads'
import { processWide } from '../internal/runtime/process-wide.js'
import { receivedMessage, withMessageContext, type ReceivedMessage } from './message-context.js'
import { safeGetMethod } from '../internal/checks/safe-get.js'
import { defineOwnMethod } from '../internal/runtime/methods.js'
import { replaceListeners } from './event-target.js'

/** Ends that {@link portWithContext} takes. */
export type MessageEnd = MessagePort | BroadcastChannel | Worker | ChildProcess | ClusterWorker | NodeJS.Process

const ends = processWide('message-ends', () => new WeakSet<object>())

/**
 * Carries the trace context and the baggage to a worker thread or a forked process with each message, and back with each
 * reply; the worker's file does the same by {@link portWithContext}.
 *
 * ```js
 * const worker = workerWithContext(new Worker(file))
 * worker.postMessage({ id: 7 }) // the worker's spans for it become children of the span that is active here
 * ```
 *
 * The worker itself comes back: `message` listeners, also those that it has already, get what was sent, each in its
 * sender's context. What carries nothing is handled where it arrives. Transfer lists and handles pass as they are. A
 * plain object travels with one key more (`spanwright.context`), which an end without our function merely sees; any other
 * value travels in an object around it, so for strings, arrays and the like both ends must be ours.
 *
 * Not for `await once(worker, 'message')`: what awaits stays in its own context, only handlers run in the sender's.
 */
export function workerWithContext<T extends Worker | ChildProcess | ClusterWorker>(worker: T): T {
  return portWithContext(worker)
}

/**
 * The other end of {@link workerWithContext}: `portWithContext(parentPort)` in a worker thread, `portWithContext(process)`
 * in a forked process. Also for both ends of a MessageChannel, and for a BroadcastChannel.
 *
 * The port itself comes back. Listeners of a worker's or a process's `message` run in the sender's context whenever they
 * were added; those of a port or channel (`on`, `addEventListener`, `onmessage`) when they are added afterwards.
 * `receiveMessageOnPort` shows messages as they travelled. `null`, which `parentPort` is in the main thread, comes back as
 * it is.
 */
export function portWithContext<T extends MessageEnd | null>(port: T): T {
  if (port === null || ends.has(port)) return port
  if (port instanceof EventTarget) {
    sendContext(port, 'postMessage')
    readFromEvents(port)
  } else if (port instanceof EventEmitter) {
    sendContext(port, 'postMessage')
    sendContext(port, 'send')
    readFromEmitter(port)
  } else return port
  ends.add(port)
  return port
}

function sendContext(end: object, name: 'postMessage' | 'send'): void {
  const send = safeGetMethod(end, name)
  if (send === undefined) return
  defineOwnMethod(end, name, function (...args) {
    if (args.length > 0) args[0] = withMessageContext(args[0])
    return Reflect.apply(send, this, args)
  })
}

/** Every message comes by `emit`, so the listeners themselves need no wrapping. */
function readFromEmitter(emitter: EventEmitter): void {
  const emit = safeGetMethod(emitter, 'emit')
  if (emit === undefined) return
  defineOwnMethod(emitter, 'emit', function (...args) {
    const received = args[0] === 'message' ? receivedMessage(args[1]) : undefined
    if (received === undefined) return Reflect.apply(emit, this, args)
    return context.with(received.context, emit, this, 'message', received.value, ...args.slice(2))
  })
}

/** Of events that several listeners get. */
const messages = new WeakMap<MessageEvent, ReceivedMessage>()

/** Ports have no `emit` to step into; their `on` goes by `addEventListener`, for a listener that takes the value itself. */
function readFromEvents(target: EventTarget): void {
  replaceListeners(target, (listener) => {
    return function (message) {
      const isEvent = message instanceof MessageEvent
      const received = isEvent ? receivedFrom(message) : receivedMessage(message)
      if (received === undefined) return listener.call(this, message)
      return context.with(received.context, listener, this, isEvent ? message : received.value)
    }
  })
}

/** The event stays the same, except for its data. */
function receivedFrom(event: MessageEvent): ReceivedMessage | undefined {
  const known = messages.get(event)
  if (known !== undefined) return known
  const received = receivedMessage(event.data)
  if (received === undefined) return undefined
  Object.defineProperty(event, 'data', { value: received.value, configurable: true, enumerable: true })
  messages.set(event, received)
  return received
}
