import type { DrawnSpan } from '../drawn-span.js'
import { read } from './read-attribute.js'
import { clean, cut } from '../drawing/terminal-text.js'

/**
 * What the semantic conventions say of a span, in the order a reader asks for it and without what its name says already.
 * Older names stand beside the current ones: instrumentations still send both.
 */
export function facts(span: DrawnSpan, shown: (text: string) => string = (text) => text): string[] {
  const { attributes } = span
  const name = clean(span.name)
  const known: string[] = []
  const add = (text: string | undefined): void => {
    if (text && !name.includes(text) && !known.some((other) => other.includes(text))) known.push(text)
  }
  const database = read(attributes, 'db.system.name', 'db.system')
  const queue = read(attributes, 'messaging.system.name', 'messaging.system')
  const remoteCall = read(attributes, 'rpc.system.name', 'rpc.system')
  if (!database && KINDS_TO_NAME.has(span.kind)) add(span.kind)
  if (database) {
    add(database)
    const summary = read(attributes, 'db.query.summary')
    add(summary ?? read(attributes, 'db.operation.name', 'db.operation'))
    if (!summary) add(read(attributes, 'db.collection.name', 'db.sql.table', 'db.mongodb.collection'))
    add(optional(read(attributes, 'db.query.text', 'db.statement'), shown))
  } else if (queue) {
    add(queue)
    add(read(attributes, 'messaging.operation.name', 'messaging.operation.type', 'messaging.operation'))
    add(read(attributes, 'messaging.destination.name', 'messaging.destination'))
  } else if (remoteCall) {
    add(remoteCall)
    add(read(attributes, 'rpc.service'))
    add(read(attributes, 'rpc.method'))
    add(
      optional(
        read(attributes, 'rpc.status_code', 'rpc.response.status_code', 'rpc.grpc.status_code'),
        (code) => `→ ${code}`,
      ),
    )
  } else {
    add(read(attributes, 'http.request.method', 'http.method'))
    const address = read(attributes, 'url.full', 'http.url', 'url.path', 'http.target')
    add(read(attributes, 'http.route') ?? optional(address, (url) => shown(withoutQuery(url))))
    add(optional(read(attributes, 'http.response.status_code', 'http.status_code'), (code) => `→ ${code}`))
  }
  return known
}

/** An internal span needs no word, nor does a client that is a database's. */
const KINDS_TO_NAME: ReadonlySet<string> = new Set(['server', 'client', 'producer', 'consumer'])

/** Attributes of the app's own making: not of a semantic convention, not the same on the parent (copied baggage). */
export function ownAttributes({ attributes }: DrawnSpan, parent: DrawnSpan | undefined): string[] {
  const own: string[] = []
  for (const key of Object.keys(attributes)) {
    const value = CONVENTIONAL.test(key) ? undefined : read(attributes, key)
    if (value === undefined || (parent && read(parent.attributes, key) === value)) continue
    own.push(`${cut(clean(key), 40)}=${cut(value, 40)}`)
  }
  const shown = own.slice(0, MOST_OWN_ATTRIBUTES)
  return own.length > shown.length ? [...shown, `+${own.length - shown.length} more`] : shown
}

const MOST_OWN_ATTRIBUTES = 4

const CONVENTIONAL =
  /^(?:component$|(?:http|url|net|network|server|client|peer|db|messaging|rpc|code|thread|process|user_agent|exception|error|otel|telemetry|service|sampling|express|fastify|koa|hapi|connect|nestjs|plugin|hook)\.)/

function optional(text: string | undefined, map: (text: string) => string): string | undefined {
  return text === undefined ? undefined : map(text)
}

/** Queries and addresses with their values taken out, so that those of one pattern are equal. */
export function blur(text: string): string {
  return text.replace(/'[^']*'|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|(?<![$\w])\d[\w.]*/gi, '?')
}

/** Query strings are long and like to hold secrets. */
function withoutQuery(url: string): string {
  const mark = url.indexOf('?')
  return mark === -1 ? url : `${url.slice(0, mark)}?…`
}
