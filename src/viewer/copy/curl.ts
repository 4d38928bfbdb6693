import type { Attributes, ReceivedSpan } from '../model/received-span.js'
import { traceparentOf } from './traceparent.js'

/**
 * The request of a span as a command for a shell; `undefined` where its attributes do not say which URL it was. Bodies and
 * headers are not in traces, which the comment above the command says.
 */
export function curlOf(span: ReceivedSpan): string | undefined {
  const url = urlOf(span.attributes)
  if (url === undefined) return undefined
  const method = textOf(span.attributes, 'http.request.method', 'http.method') ?? 'GET'
  const isPlain = /^[A-Z]+$/.test(method) ? method : 'GET'
  return [
    '# Body, cookies and authorization are not in traces: add what the request needs.',
    `curl${isPlain === 'GET' ? '' : ` -X ${isPlain}`} ${quoted(url)} -H ${quoted(`traceparent: ${traceparentOf(span)}`)}`,
  ].join('\n')
}

function urlOf(attributes: Attributes): string | undefined {
  const full = textOf(attributes, 'url.full', 'http.url')
  if (full !== undefined) return full
  const path = textOf(attributes, 'url.path')
  const query = textOf(attributes, 'url.query')
  const target =
    path === undefined
      ? textOf(attributes, 'http.target')
      : `${path}${query === undefined ? '' : `?${query.replace(/^\?/, '')}`}`
  const host = textOf(attributes, 'server.address', 'http.host', 'net.host.name')
  if (target === undefined || host === undefined) return undefined
  const port = textOf(attributes, 'server.port', 'net.host.port')
  const scheme = textOf(attributes, 'url.scheme', 'http.scheme') ?? 'http'
  const needsPort = port !== undefined && !/:\d+$/.test(host) && port !== (scheme === 'https' ? '443' : '80')
  return `${scheme}://${host}${needsPort ? `:${port}` : ''}${target.startsWith('/') ? '' : '/'}${target}`
}

/** The new name of the conventions first, then the old ones. */
function textOf(attributes: Attributes, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key]
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  }
  return undefined
}

/** As one word for a shell, whatever is in it: it came from a span, and will be pasted into a terminal. */
function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- a terminal acts on control characters even within quotes
  return `'${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').replaceAll("'", String.raw`'\''`)}'`
}
