import { SpanKind, SpanStatusCode, trace, type AnyValue, type Attributes } from '@opentelemetry/api'
import { activeHttpMetadata } from '../http/served-request.js'
import { readStatement, type Statement } from '../sql/statement.js'
import type { Domain } from './opt-in.js'

/*
 * What OpenTelemetry's instrumentations still write by conventions that are not the current ones (1.45), and by what it is replaced.
 * This is the one place for that: a row is to be taken out when its instrumentation writes the current name.
 */

/** An attribute under its former name and its current one. */
export interface Renamed {
  readonly domain: Domain
  readonly former: string
  /** Undefined: there is none any more. */
  readonly current?: string
  /** Of which spans the former name was. Default: of all of the domain. */
  readonly kinds?: readonly SpanKind[]
  /** Current values by former ones, where they differ. */
  readonly values?: Readonly<Record<string, AnyValue>>
}

const SYSTEMS_OF_MESSAGING = {
  aws_sqs: 'aws.sqs',
  eventgrid: 'azure.eventgrid',
  eventhubs: 'azure.eventhubs',
  servicebus: 'azure.servicebus',
  gcp_pubsub: 'gcp.pubsub',
}

/** By the number of the code. */
export const GRPC_CODES: readonly string[] = (
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED ' +
  'FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'
).split(' ')

const CLIENT = [SpanKind.CLIENT, SpanKind.INTERNAL]
const SERVER = [SpanKind.SERVER]

export const RENAMED: readonly Renamed[] = [
  { domain: 'http', former: 'http.method', current: 'http.request.method' },
  { domain: 'http', former: 'http.status_code', current: 'http.response.status_code' },
  { domain: 'http', former: 'http.target' },
  { domain: 'http', former: 'http.scheme', current: 'url.scheme' },
  { domain: 'http', former: 'http.url', current: 'url.full', kinds: CLIENT },
  { domain: 'http', former: 'http.user_agent', current: 'user_agent.original' },
  { domain: 'http', former: 'http.flavor', current: 'network.protocol.version' },
  { domain: 'http', former: 'http.client_ip', current: 'client.address', kinds: SERVER },
  { domain: 'http', former: 'net.peer.name', current: 'server.address', kinds: CLIENT },
  { domain: 'http', former: 'net.peer.port', current: 'server.port', kinds: CLIENT },
  { domain: 'http', former: 'net.host.name', current: 'server.address', kinds: SERVER },
  { domain: 'http', former: 'net.host.port', current: 'server.port', kinds: SERVER },
  { domain: 'http', former: 'net.sock.peer.addr', current: 'network.peer.address' },
  { domain: 'http', former: 'net.sock.peer.port', current: 'network.peer.port' },
  {
    domain: 'database',
    former: 'db.system',
    current: 'db.system.name',
    values: { mssql: 'microsoft.sql_server', oracle: 'oracle.db' },
  },
  { domain: 'database', former: 'db.name', current: 'db.namespace' },
  { domain: 'database', former: 'db.statement', current: 'db.query.text' },
  { domain: 'database', former: 'db.operation', current: 'db.operation.name' },
  { domain: 'database', former: 'db.sql.table', current: 'db.collection.name' },
  { domain: 'database', former: 'net.peer.name', current: 'server.address' },
  { domain: 'database', former: 'net.peer.port', current: 'server.port' },
  { domain: 'messaging', former: 'messaging.system', current: 'messaging.system.name', values: SYSTEMS_OF_MESSAGING },
  { domain: 'messaging', former: 'messaging.destination', current: 'messaging.destination.name' },
  { domain: 'messaging', former: 'messaging.destination_kind' },
  { domain: 'messaging', former: 'messaging.operation', current: 'messaging.operation.type' },
  { domain: 'messaging', former: 'messaging.message_id', current: 'messaging.message.id' },
  { domain: 'messaging', former: 'messaging.conversation_id', current: 'messaging.message.conversation_id' },
  {
    domain: 'messaging',
    former: 'messaging.protocol',
    current: 'network.protocol.name',
    values: { AMQP: 'amqp', AMQPS: 'amqps' },
  },
  { domain: 'messaging', former: 'messaging.protocol_version', current: 'network.protocol.version' },
  { domain: 'messaging', former: 'messaging.url' },
  { domain: 'messaging', former: 'messaging.rabbitmq.routing_key', current: 'rabbitmq.destination.routing_key' },
  { domain: 'rpc', former: 'rpc.system', current: 'rpc.system.name' },
  // The current `rpc.method` has it in it.
  { domain: 'rpc', former: 'rpc.service' },
  {
    domain: 'rpc',
    former: 'rpc.grpc.status_code',
    current: 'rpc.status_code',
    values: Object.fromEntries(GRPC_CODES.entries()),
  },
  { domain: 'gen_ai', former: 'gen_ai.system', current: 'gen_ai.provider.name' },
]

/** A span as its convention reads it: by the current names. */
export interface Described {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
}

/** What an instrumentation's spans are to be. */
export interface Convention {
  readonly domain: Domain
  /** Of attributes that a span is given: those that are made of several former ones, or that have kept their name and not their value. */
  readonly combined?: (given: Attributes) => Attributes
  /** Undefined: the name that the instrumentation has given is right. */
  readonly name?: (span: Described) => string | undefined
  /** Of a span that is about the work of another one's, by the kind that it is given. */
  readonly kind?: (given: SpanKind) => SpanKind
  /** As the only one of its domain. */
  readonly writesFormerNames?: true
  /** Attributes that follow from others: `add` sets those that the span has not, where there is a value. */
  readonly derive?: (span: Described, add: (key: string, value: AnyValue) => void) => void
  /** The instrumentation renames its spans itself, so a new name is not the app's. */
  readonly renamesItself?: true
  /** The instrumentation ends its spans twice, which is no fault of the app's to be logged. */
  readonly endsTwice?: true
  /** Finds the `type` and `code` of a failure in the message of its exception. */
  readonly failure?: RegExp
  /** Codes that are answers of the database. Default: the five characters of an SQLSTATE. */
  readonly answers?: RegExp
  /** Status of a span that has ended, where the instrumentation's is wrong. */
  readonly status?: (span: Described) => SpanStatusCode | undefined
  /** What the spans are of records exceptions and sets no status; those that stand for an answer below 500 are no errors. */
  readonly exceptionsAreErrors?: true
}

const textOf = (attributes: Attributes, key: string): string | undefined => {
  const value = attributes[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Specification: the summary, else operation and target, target, or system. Never the statement, which has values in it. */
function nameOfQuery({ attributes, name }: Described, given: RegExp): string | undefined {
  const system = textOf(attributes, 'db.system.name') ?? 'other_sql'
  const statement = textOf(attributes, 'db.query.text')
  if (statement === undefined) {
    const [, word = ''] = given.exec(name) ?? []
    if (word === '' && !given.test(name)) return undefined
    return /^[a-z]+$/i.test(word) ? word : system
  }
  return textOf(attributes, 'db.query.summary') ?? statementOf(statement, system).summary ?? system
}

function deriveFromQuery({ attributes }: Described, add: (key: string, value: AnyValue) => void): void {
  const statement = textOf(attributes, 'db.query.text')
  if (statement === undefined) return
  const { summary, operation } = statementOf(statement, textOf(attributes, 'db.system.name'))
  add('db.query.summary', summary)
  add('db.operation.name', operation)
}

let last: { readonly text: string; readonly system: string; readonly read: Statement } | undefined

/** Asked for as a span begins and as it ends. */
function statementOf(text: string, system = 'other_sql'): Statement {
  if (last?.text !== text || last.system !== system) last = { text, system, read: readStatement(text, system) }
  return last.read
}

/** A driver of SQL; `given` matches the names of queries, and takes the first word of the statement out of them. */
const sql = (given: RegExp, more: Partial<Convention> = {}): Convention => ({
  domain: 'database',
  name: (span) => nameOfQuery(span, given),
  derive: deriveFromQuery,
  ...more,
})

const FIRST_WORD = /^\s*([a-z]*)/i

/** Codes that say that a server has failed; the others tell its caller of something. */
const FAILURES_OF_SERVERS: ReadonlySet<unknown> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
])

const isFailure = ({ kind, attributes: { 'rpc.status_code': code } }: Described): boolean =>
  kind === SpanKind.SERVER ? FAILURES_OF_SERVERS.has(code) : code !== undefined && code !== 'OK'

/** `package.Service/Method`: what `rpc.method` is now, and the name of a span. */
function rpcMethod({ 'rpc.service': service, 'rpc.method': method }: Attributes): Attributes {
  return typeof service === 'string' && typeof method === 'string' ? { 'rpc.method': `${service}/${method}` } : {}
}

/** The default exchange has no name, and sends to the queue of the routing key. */
function rabbitDestination({
  'messaging.destination': exchange,
  'messaging.rabbitmq.routing_key': key,
}: Attributes): Attributes {
  // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing -- an empty key is none
  return exchange === '' ? { 'messaging.destination.name': key || 'amq.default' } : {}
}

const messaging = (name?: Convention['name']): Convention => ({
  domain: 'messaging',
  ...(name && { name }),
  derive: ({ kind, attributes }, add) => {
    const type = textOf(attributes, 'messaging.operation.type') ?? (kind === SpanKind.PRODUCER ? 'send' : undefined)
    add('messaging.operation.type', type)
    add('messaging.operation.name', type === 'send' ? 'publish' : type)
  },
})

/** What is a request beside the server span that it is in is work for that; and undici makes the span of the call that goes out. */
function kindOfNext(given: SpanKind): SpanKind {
  if (given === SpanKind.CLIENT) return SpanKind.INTERNAL
  const above = given === SpanKind.SERVER ? trace.getActiveSpan()?.spanContext() : undefined
  return above && above.isRemote !== true ? SpanKind.INTERNAL : given
}

function pathOfTarget({ 'http.target': target }: Attributes): Attributes {
  if (typeof target !== 'string') return {}
  const [path = '', query] = target.split(/\?(.*)/s)
  return query === undefined ? { 'url.path': path } : { 'url.path': path, 'url.query': query }
}

/** The server span that is above. */
function nameRequest(route: string | undefined): void {
  const metadata = activeHttpMetadata()
  if (metadata && route !== undefined) metadata.route = route
}

/** `WRONGTYPE Operation against …` */
const REDIS_FAILURE = { failure: /^(?<code>[A-Z]{2,})(?= )/, answers: /^[A-Z]+$/ }

/** Fastify calls a plugin without a name by the first lines of its source, and its instrumentation a handler without one by its plugin. */
const SOURCE = /=>|[(){}\n]/

function withoutSource({ name }: Described): string | undefined {
  const [hook = name, of = ''] = name.split(/ - (.*)/s)
  return SOURCE.test(of) ? hook : undefined
}

function hookWithoutSource({ 'hook.name': hook }: Attributes): Attributes {
  return typeof hook === 'string' && SOURCE.test(hook) ? { 'hook.name': hook.slice(hook.lastIndexOf(' - ') + 3) } : {}
}

/** By the instrumentation's short name, or the name of a tracer that is none's. */
export const CONVENTIONS: Readonly<Record<string, Convention>> = {
  '@fastify/otel': { domain: 'http', writesFormerNames: true, name: withoutSource, combined: hookWithoutSource },
  amqplib: {
    ...messaging(({ name }) => {
      if (name === 'publish <default>') return 'publish amq.default'
      const [, queue] = /^(.+) process$/s.exec(name) ?? []
      return queue === undefined ? undefined : `process ${queue}`
    }),
    combined: rabbitDestination,
  },
  'aws-sdk': { domain: 'rpc', combined: rpcMethod, name: ({ attributes }) => textOf(attributes, 'rpc.method') },
  'cassandra-driver': sql(/^$/),
  grpc: {
    domain: 'rpc',
    combined: rpcMethod,
    name: ({ attributes }) => textOf(attributes, 'rpc.method'),
    status: (span) => (isFailure(span) ? SpanStatusCode.ERROR : SpanStatusCode.UNSET),
    derive: (span, add) => isFailure(span) && add('error.type', span.attributes['rpc.status_code']),
  },
  http: { domain: 'http' },
  ioredis: { domain: 'database', ...REDIS_FAILURE },
  kafkajs: { domain: 'messaging' },
  // Of the driver below it, which makes the call.
  knex: sql(FIRST_WORD, { kind: () => SpanKind.INTERNAL }),
  koa: { domain: 'http', exceptionsAreErrors: true },
  memcached: {
    domain: 'database',
    renamesItself: true,
    name: ({ attributes }) => textOf(attributes, 'db.operation.name'),
  },
  mongodb: { domain: 'database' },
  mongoose: { domain: 'database' },
  mysql: sql(FIRST_WORD),
  mysql2: sql(FIRST_WORD),
  'next.js': {
    domain: 'http',
    writesFormerNames: true,
    kind: kindOfNext,
    // A fetch has its URL in it.
    name: ({ name }) => /^fetch \w+(?= )/.exec(name)?.[0],
    combined: pathOfTarget,
    derive: ({ attributes }) => nameRequest(textOf(attributes, 'http.route')),
  },
  openai: { domain: 'gen_ai' },
  oracledb: { domain: 'database' },
  pg: sql(/^pg\.query(?::\s*([a-z]*))?/i, { failure: /type '(?<type>[^']*)' occurred \(code: (?<code>\w+)\)/ }),
  redis: {
    domain: 'database',
    ...REDIS_FAILURE,
    name: ({ attributes }) => textOf(attributes, 'db.operation.name'),
  },
  restify: { domain: 'http', endsTwice: true, exceptionsAreErrors: true },
  'socket.io': messaging(),
  tedious: sql(FIRST_WORD),
  undici: { domain: 'http' },
}
