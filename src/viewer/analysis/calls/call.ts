import type { Attributes, ReceivedSpan } from '../../model/received-span.js'
import { flatText, numberOf, textOf } from '../attributes.js'
import { accessOfOperation, readStatement, type Access, type Statement } from './statement.js'

export type CallKind = 'database' | 'cache' | 'http' | 'rpc' | 'other'

/** The outgoing call of a span: a statement, a request. */
export interface Call {
  readonly kind: CallKind
  /** The same for calls that differ in values only; the service is not in it. */
  readonly key: string
  /** The key as a person reads it. */
  readonly label: string
  readonly access: Access
  /** Who was asked: a host, or a database. */
  readonly target: string | undefined
  /** The same only for calls that asked exactly the same; `undefined` where the span does not tell. */
  readonly identity: string | undefined
  /** Asked again it may answer something else: the time, a sequence, a lock. */
  readonly isVolatile: boolean
}

/** Of Linux, the lowest of the usual ones. */
const FIRST_EPHEMERAL_PORT = 32_768
const CACHES = /^(redis|valkey|memcached|keydb|dragonfly)/i
const PARAMETERS =
  /^(db\.query\.parameter\.|db\.operation\.parameter\.|db\.postgresql\.values$|db\.statement\.parameters$|db\.sql\.parameters$)/
/** How database spans are called that only get or make a connection. */
const CONNECTING = /(^|[.\s_-])(connect|acquire|get_?connection|pool)\b|\.connect$/i
const SAFE_RPC = /^(get|list|find|search|read|query|fetch|batchget|lookup|describe|count|check|resolve|is|has)/i

/** Reads the calls of many spans, each statement once. */
export class CallReader {
  readonly #statements = new Map<string, Statement>()

  read(span: ReceivedSpan): Call | undefined {
    const { attributes, kind } = span
    const system = textOf(attributes, 'db.system.name', 'db.system')
    // The last is Zipkin's.
    const text = textOf(attributes, 'db.query.text', 'db.statement', 'sql.query')
    if (system !== undefined || text !== undefined) return this.#database(span, system ?? '', text)
    if (kind !== 'client') return undefined
    return httpCall(span) ?? rpcCall(span) ?? otherCall(span)
  }

  #database({ name, attributes }: ReceivedSpan, system: string, text: string | undefined): Call {
    const kind = CACHES.test(system) ? 'cache' : 'database'
    const operation = textOf(attributes, 'db.operation.name', 'db.operation')
    const namespace = textOf(attributes, 'db.namespace', 'db.name')
    const collection =
      textOf(attributes, 'db.collection.name', 'db.mongodb.collection', 'db.sql.table', 'db.cassandra.table') ??
      flatText(attributes['aws.dynamodb.table_names'] ?? '')
    const target = [system, namespace].filter((part) => part !== undefined && part !== '').join(' ')
    if (text !== undefined && kind === 'database') {
      const statement = this.#statement(text, system)
      const access = statement.access === 'other' ? accessOfOperation(operation ?? wordOf(name)) : statement.access
      const what = [collection, statement.key].filter(Boolean)
      const isJson = statement.key.startsWith('{') || statement.key.startsWith('[')
      return {
        kind,
        key: [target, operation ?? '', ...what].join('\n'),
        label: isJson
          ? [operation ?? wordOf(name), collection].filter(Boolean).join(' ') || statement.label
          : statement.label,
        access,
        target,
        identity: identityOf(text, attributes, statement),
        isVolatile: statement.isVolatile,
      }
    }
    const word = operation ?? wordOf(text ?? name)
    const isConnecting = text === undefined && operation === undefined && CONNECTING.test(name)
    return {
      kind,
      key: [target, kind === 'cache' ? word.toUpperCase() : name, collection].join('\n'),
      label: name.includes(collection) ? name : `${name} ${collection}`,
      access: isConnecting ? 'control' : accessOfOperation(word),
      target,
      identity: undefined,
      isVolatile: false,
    }
  }

  #statement(text: string, system: string): Statement {
    const key = `${system}\n${text}`
    const known = this.#statements.get(key)
    if (known !== undefined) return known
    const statement = readStatement(text, system)
    this.#statements.set(key, statement)
    return statement
  }
}

/** The first word, without what stands before a dot: `mongodb.find`, `DynamoDB.GetItem`. */
function wordOf(text: string): string {
  return /^\S+/.exec(text)?.[0].replace(/^.*\./, '') ?? text
}

function identityOf(text: string, attributes: Attributes, { hasPlaceholders }: Statement): string | undefined {
  const parameters = Object.entries(attributes).filter(([key]) => PARAMETERS.test(key))
  if (parameters.length === 0) return hasPlaceholders ? undefined : text
  return `${text}\n${parameters
    .map(([key, value]) => `${key}=${flatText(value)}`)
    .sort()
    .join('\n')}`
}

function httpCall({ attributes }: ReceivedSpan): Call | undefined {
  const method = textOf(attributes, 'http.request.method', 'http.method')
  const url = textOf(attributes, 'url.full', 'http.url')
  if (method === undefined && url === undefined) return undefined
  const { host, path, query } = partsOf(url)
  const target = hostOf(attributes) ?? host
  const template = textOf(attributes, 'url.template')
  const shape = template ?? shapeOf(path ?? textOf(attributes, 'url.path', 'http.target', 'http.path') ?? '')
  const verb = (method ?? 'GET').toUpperCase()
  const isKnown = url !== undefined && !/REDACTED|\*\*\*|%2A%2A%2A/i.test(url)
  return {
    kind: 'http',
    key: `${verb} ${lastingHost(target ?? '')} ${shape}`,
    label: `${verb} ${target ?? ''}${shape.startsWith('/') || shape === '' ? '' : '/'}${shape}`,
    access: verb === 'GET' || verb === 'HEAD' || verb === 'OPTIONS' || verb === 'QUERY' ? 'read' : 'write',
    target,
    identity: isKnown ? `${verb} ${host ?? ''}${path ?? ''}${query ?? ''}` : undefined,
    isVolatile: false,
  }
}

function hostOf(attributes: Attributes): string | undefined {
  const host = textOf(attributes, 'peer.service', 'server.address', 'net.peer.name', 'http.host')
  const port = numberOf(attributes, 'server.port', 'net.peer.port')
  if (host === undefined || port === undefined || port === 80 || port === 443 || host.includes(':')) return host
  return `${host}:${port}`
}

/** Tests listen at a port that is another in each run: a finding's fingerprint must not have it. */
function lastingHost(host: string): string {
  const [, name, port] = /^(localhost|127\.[\d.]+|\[::1\]):(\d+)$/.exec(host) ?? []
  return name !== undefined && Number(port) >= FIRST_EPHEMERAL_PORT ? name : host
}

function partsOf(url: string | undefined): { host?: string; path?: string; query?: string } {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(url ?? '')
  if (match === null) return {}
  const [, host = '', path = '', query = ''] = match
  return { host, path, query }
}

/** Numbers, UUIDs and long hexadecimal texts are `{}`. */
function shapeOf(path: string): string {
  return path
    .replace(/[?#].*$/s, '')
    .split('/')
    .map((part) =>
      /^\d+$/.test(part) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(part) || /^[0-9a-f]{16,}$/i.test(part)
        ? '{}'
        : part,
    )
    .join('/')
}

function rpcCall({ name, attributes }: ReceivedSpan): Call | undefined {
  const method = textOf(attributes, 'rpc.method')
  if (method === undefined && attributes['rpc.system'] === undefined && attributes['rpc.system.name'] === undefined) {
    return undefined
  }
  const service = textOf(attributes, 'rpc.service')
  // The current method has the service in it.
  const isWhole = service === undefined || method?.includes('/')
  const label = method === undefined ? name : isWhole ? method : `${service}/${method}`
  const verb = label.slice(label.lastIndexOf('/') + 1)
  return {
    kind: 'rpc',
    key: label,
    label,
    access: SAFE_RPC.test(verb) ? 'read' : 'other',
    target: hostOf(attributes),
    identity: undefined,
    isVolatile: false,
  }
}

function otherCall({ name, attributes }: ReceivedSpan): Call {
  return {
    kind: 'other',
    key: name,
    label: name,
    access: 'other',
    target: hostOf(attributes),
    identity: undefined,
    isVolatile: false,
  }
}
