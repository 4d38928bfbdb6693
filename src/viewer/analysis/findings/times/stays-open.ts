import type { ReceivedSpan } from '../../../model/received-span.js'
import { flatText, textOf } from '../../attributes.js'
import { httpStatusOf } from '../../failures.js'

const SWITCHING_PROTOCOLS = 101
const STREAM = /event-stream|ndjson|multipart\/x-mixed/i
const WAITS_FOR_MESSAGES = /^(receive|poll)$/
const PLACE =
  /^wss?:|[/?&._-](stream|events|sse|subscribe|watch|poll|longpoll|socket\.io|ws)\b|^(watch|subscribe|stream|websocket|socket)/i

/** Streams, long polls, WebSockets and waiting for messages last as long as they are wanted. */
export function staysOpen(span: ReceivedSpan): boolean {
  const { attributes, name } = span
  if (httpStatusOf(span) === SWITCHING_PROTOCOLS) return true
  const type = attributes['http.response.header.content-type'] ?? attributes['http.response.header.content_type'] ?? ''
  if (STREAM.test(flatText(type))) return true
  if (WAITS_FOR_MESSAGES.test(textOf(attributes, 'messaging.operation.type', 'messaging.operation') ?? '')) return true
  return PLACE.test(textOf(attributes, 'url.full', 'http.url', 'http.target', 'rpc.method') ?? name) || PLACE.test(name)
}
