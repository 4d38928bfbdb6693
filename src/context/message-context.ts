import { context, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { isObject } from '../internal/checks/safe-get.js'

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
  safely('the trace context could not be put into a message', () => propagation.inject(context.active(), headers))
  return Object.keys(headers).length > 0 ? headers : undefined
}

/** From the root: the context that is active where the message arrives has nothing to do with it. */
function contextFrom(headers: Carried['headers']): Context {
  const extract = (): Context => propagation.extract(ROOT_CONTEXT, headers)
  return safely('the trace context of a message could not be read', extract) ?? ROOT_CONTEXT
}
