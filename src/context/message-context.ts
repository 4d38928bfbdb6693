import { context, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'

/**
 * What a message carries besides itself. A plain object gets one key more, which an end that does not know of it merely
 * sees; any other value travels inside, since a string or a Map has no room for a key.
 *
 * `{ id: 7, 'spanwright.context': { headers } }`, `{ 'spanwright.context': { headers, value: 'seven' } }`
 */
const KEY = 'spanwright.context'

interface Carried {
  readonly headers: Readonly<Record<string, unknown>>
  readonly value?: unknown
}

/** What an end was sent: the message as its sender had it, and the sender's context. */
export interface ReceivedMessage {
  readonly value: unknown
  readonly context: Context
}

/** Of messages that several listeners get: the first one to look takes the key out. */
const contexts = new WeakMap<object, Context>()

/** The message together with the active context; the message alone where there is nothing to carry. */
export function withMessageContext(message: unknown): unknown {
  if (!isMessage(message)) return message
  const headers = activeHeaders()
  if (headers === undefined) return message
  return isPlainObject(message) ? { ...message, [KEY]: { headers } } : { [KEY]: { headers, value: message } }
}

/** Undefined for a message that carries nothing. */
export function receivedMessage(message: unknown): ReceivedMessage | undefined {
  // Not only plain objects of this realm: what arrives in node:vm has prototypes of its own.
  if (!isObject(message)) return undefined
  const known = contexts.get(message)
  if (known !== undefined) return { value: message, context: known }
  const carried = message[KEY]
  if (!isCarried(carried)) return undefined
  const sender = contextFrom(carried.headers)
  if ('value' in carried) return { value: carried.value, context: sender }
  Reflect.deleteProperty(message, KEY)
  contexts.set(message, sender)
  return { value: message, context: sender }
}

/** What can't be sent is left to Node.js, whose error is the right one. */
function isMessage(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isCarried(value: unknown): value is Carried {
  return isObject(value) && isObject(value.headers)
}

function activeHeaders(): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  try {
    propagation.inject(context.active(), headers)
  } catch (error) {
    warnOnce('inject message', `the trace context could not be put into a message: ${messageOf(error)}`)
    return undefined
  }
  return Object.keys(headers).length > 0 ? headers : undefined
}

/** From the root: what happened to be active where the message arrives belongs to somebody else. */
function contextFrom(headers: Carried['headers']): Context {
  try {
    return propagation.extract(ROOT_CONTEXT, headers)
  } catch (error) {
    warnOnce('extract message', `the trace context of a message could not be read: ${messageOf(error)}`)
    return ROOT_CONTEXT
  }
}
