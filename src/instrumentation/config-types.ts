import type { Span } from '@opentelemetry/api'
import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { AmqplibInstrumentationConfig } from '@opentelemetry/instrumentation-amqplib'
import type { AwsLambdaInstrumentationConfig } from '@opentelemetry/instrumentation-aws-lambda'
import type { AwsSdkInstrumentationConfig } from '@opentelemetry/instrumentation-aws-sdk'
import type { BunyanInstrumentationConfig } from '@opentelemetry/instrumentation-bunyan'
import type { CassandraDriverInstrumentationConfig } from '@opentelemetry/instrumentation-cassandra-driver'
import type { CucumberInstrumentationConfig } from '@opentelemetry/instrumentation-cucumber'
import type { DataloaderInstrumentationConfig } from '@opentelemetry/instrumentation-dataloader'
import type { DnsInstrumentationConfig } from '@opentelemetry/instrumentation-dns'
import type { ExpressInstrumentationConfig, ExpressLayerType } from '@opentelemetry/instrumentation-express'
import type { FsInstrumentationConfig } from '@opentelemetry/instrumentation-fs'
import type { GraphQLInstrumentationConfig } from '@opentelemetry/instrumentation-graphql'
import type { GrpcInstrumentationConfig } from '@opentelemetry/instrumentation-grpc'
import type { HostMetricsInstrumentationConfig } from '@opentelemetry/instrumentation-host-metrics'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import type { IORedisInstrumentationConfig } from '@opentelemetry/instrumentation-ioredis'
import type { KafkaJsInstrumentationConfig } from '@opentelemetry/instrumentation-kafkajs'
import type { KnexInstrumentationConfig } from '@opentelemetry/instrumentation-knex'
import type { KoaInstrumentationConfig, KoaLayerType } from '@opentelemetry/instrumentation-koa'
import type { InstrumentationConfig as MemcachedInstrumentationConfig } from '@opentelemetry/instrumentation-memcached'
import type { MongoDBInstrumentationConfig } from '@opentelemetry/instrumentation-mongodb'
import type { MongooseInstrumentationConfig } from '@opentelemetry/instrumentation-mongoose'
import type { MySQLInstrumentationConfig } from '@opentelemetry/instrumentation-mysql'
import type { MySQL2InstrumentationConfig } from '@opentelemetry/instrumentation-mysql2'
import type { OpenAIInstrumentationConfig } from '@opentelemetry/instrumentation-openai'
import type { OracleInstrumentationConfig } from '@opentelemetry/instrumentation-oracledb'
import type { PgInstrumentationConfig } from '@opentelemetry/instrumentation-pg'
import type { PinoInstrumentationConfig } from '@opentelemetry/instrumentation-pino'
import type { RedisInstrumentationConfig } from '@opentelemetry/instrumentation-redis'
import type { RestifyInstrumentationConfig } from '@opentelemetry/instrumentation-restify'
import type { RuntimeNodeInstrumentationConfig } from '@opentelemetry/instrumentation-runtime-node'
import type { SocketIoInstrumentationConfig } from '@opentelemetry/instrumentation-socket.io'
import type { TediousInstrumentationConfig } from '@opentelemetry/instrumentation-tedious'
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici'
import type { WinstonInstrumentationConfig } from '@opentelemetry/instrumentation-winston'

/** Layers may be texts: upstream's enum is of a package that the app does not have. */
type WithLayersByText<Config, Layer extends string> = Omit<Config, 'ignoreLayersType'> & {
  ignoreLayersType?: (Layer | `${Layer}`)[]
}

/** What each instrumentation of the catalogue takes as its options, by its short name: upstream's own types. */
export interface InstrumentationConfigs {
  readonly amqplib: AmqplibInstrumentationConfig
  readonly 'aws-lambda': AwsLambdaInstrumentationConfig
  readonly 'aws-sdk': AwsSdkInstrumentationConfig
  readonly bunyan: BunyanInstrumentationConfig
  readonly 'cassandra-driver': CassandraDriverInstrumentationConfig
  readonly connect: InstrumentationConfig
  readonly cucumber: CucumberInstrumentationConfig
  readonly dataloader: DataloaderInstrumentationConfig
  readonly dns: DnsInstrumentationConfig
  readonly express: WithLayersByText<ExpressInstrumentationConfig, ExpressLayerType>
  readonly fs: FsInstrumentationConfig
  readonly 'generic-pool': InstrumentationConfig
  readonly graphql: GraphQLInstrumentationConfig
  readonly grpc: GrpcInstrumentationConfig
  readonly hapi: InstrumentationConfig
  readonly 'host-metrics': HostMetricsInstrumentationConfig
  readonly http: HttpInstrumentationConfig
  readonly ioredis: IORedisInstrumentationConfig
  readonly kafkajs: KafkaJsInstrumentationConfig
  readonly knex: KnexInstrumentationConfig
  readonly koa: WithLayersByText<KoaInstrumentationConfig, KoaLayerType>
  readonly 'lru-memoizer': InstrumentationConfig
  readonly memcached: MemcachedInstrumentationConfig
  readonly mongodb: MongoDBInstrumentationConfig
  readonly mongoose: MongooseInstrumentationConfig
  readonly mysql: MySQLInstrumentationConfig
  readonly mysql2: MySQL2InstrumentationConfig
  readonly 'nestjs-core': InstrumentationConfig
  readonly net: InstrumentationConfig
  readonly openai: OpenAIInstrumentationConfig
  readonly oracledb: OracleInstrumentationConfig
  readonly pg: PgInstrumentationConfig
  readonly pino: PinoInstrumentationConfig
  readonly redis: RedisInstrumentationConfig
  readonly restify: RestifyInstrumentationConfig
  readonly router: InstrumentationConfig
  readonly 'runtime-node': RuntimeNodeInstrumentationConfig
  readonly 'socket.io': SocketIoInstrumentationConfig
  readonly tedious: TediousInstrumentationConfig
  readonly undici: UndiciInstrumentationConfig
  readonly winston: WinstonInstrumentationConfig
}

/** Libraries that OpenTelemetry has no instrumentation of. */
export interface OwnInstrumentationConfigs {
  readonly 'better-sqlite3': InstrumentationConfig
  readonly bullmq: InstrumentationConfig
  readonly hono: InstrumentationConfig
  readonly mariadb: InstrumentationConfig
  readonly 'node-cron': InstrumentationConfig
  readonly postgres: InstrumentationConfig
  readonly sqlite: InstrumentationConfig
}

export type OwnInstrumentationName = keyof OwnInstrumentationConfigs

/** The name of an instrumentation, without `@opentelemetry/instrumentation-`. */
export type InstrumentationName = keyof InstrumentationConfigs | OwnInstrumentationName

/**
 * Options of `@fastify/otel`, which comes with the app. Requests are Fastify's: typed as anything, since that package's own
 * types need Fastify's.
 */
export interface FastifyOtelConfig extends InstrumentationConfig {
  ignorePaths?: string | ((route: { url: string; method: string }) => boolean)
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a hook for FastifyRequest has to be assignable
  requestHook?: (span: Span, request: any) => void
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- likewise
  lifecycleHook?: (span: Span, info: { hookName: string; request: any; handler?: string }) => void
  recordExceptions?: boolean
  instrumentHooks?: boolean | string[]
  instrumentHandler?: boolean
}

type ByEitherName = {
  readonly [Name in keyof InstrumentationConfigs as Name | `@opentelemetry/instrumentation-${Name}`]?:
    InstrumentationConfigs[Name] | undefined
}

/**
 * Options of instrumentations by name, each of its own type: short (`http`, `pg`, what OTEL_NODE_ENABLED_INSTRUMENTATIONS
 * lists), or that of the package, in the shape that `getNodeAutoInstrumentations` of
 * `@opentelemetry/auto-instrumentations-node` takes: `{ '@opentelemetry/instrumentation-http': { … } }`.
 * `enabled: false` switches one off, `enabled: true` switches on one that is off by default.
 */
export interface InstrumentationConfigMap extends ByEitherName, Partial<OwnInstrumentationConfigs> {
  readonly fastify?: FastifyOtelConfig | undefined
  readonly '@fastify/otel'?: FastifyOtelConfig | undefined
}
