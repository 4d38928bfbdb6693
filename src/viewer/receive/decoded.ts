import type {
  AttributeValue,
  ReceivedResource,
  ReceivedScope,
  ReceivedSpanKind,
  ReceivedStatus,
} from '../model/received-span.js'

/** By their numbers in OTLP. */
export const KINDS: readonly ReceivedSpanKind[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
]
export const STATUSES: readonly ReceivedStatus[] = ['unset', 'ok', 'error']

/** Two bytes of a request can cost a hundred of memory: so what one request may be made into is limited, besides its length. */
export const MAX_OBJECTS = 4_000_000

/** What a request or a part of a file was made into. */
export interface Decoded<Item> {
  readonly items: Item[]
  /** How many had no usable trace or span id. OTLP reports them to the sender as rejected. */
  readonly rejected: number
}

/** A message that is no OTLP, or that is made to exhaust memory. Its message is for the sender. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

/** Deeper lists and maps in a value are replaced by a text: nobody reads them, and recursion has to end. */
export const MAX_VALUE_DEPTH = 32
export const TOO_DEEP = '(nested too deeply)'

const UNNAMED = /^unknown_service:.*?([^/\\]+)$/

/** The prototype of attributes: without members, so that no key has a value that nobody sent, and `__proto__` is one of many. */
const NO_MEMBERS: object = Object.freeze(Object.create(null) as object)

export function newAttributes(): Record<string, AttributeValue> {
  // Not Object.create(null) itself: its objects are hash tables, three times as large.
  return Object.create(NO_MEMBERS) as Record<string, AttributeValue>
}

export const NO_ATTRIBUTES: Record<string, AttributeValue> = Object.freeze(newAttributes())

/** An SDK that was given no name sends `unknown_service:` and the path of the executable, of which the last part is what differs. */
export function resourceOf(attributes: Record<string, AttributeValue>, droppedAttributesCount = 0): ReceivedResource {
  const name = attributes['service.name']
  const service = typeof name === 'string' && name !== '' ? name.replace(UNNAMED, '$1') : 'unknown_service'
  return { service, attributes, droppedAttributesCount }
}

export const UNKNOWN_RESOURCE: ReceivedResource = resourceOf(NO_ATTRIBUTES)
export const UNNAMED_SCOPE: ReceivedScope = { name: '', attributes: NO_ATTRIBUTES }

/** A span that did not end, or ended before it started, has no end. */
export function endOf(startMicros: number, endMicros: number | undefined): number | undefined {
  return endMicros !== undefined && endMicros >= startMicros ? endMicros : undefined
}

const SEVERITIES = ['', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

/** OTLP has four numbers a severity, from 1 (TRACE) to 24 (FATAL4). */
export function severityOf(number: number, text: string): string {
  return text !== '' ? text : (SEVERITIES[Math.ceil(number / 4)] ?? '')
}
