import type { InstrumentationName, OwnInstrumentationName } from './config-types.js'

/** An instrumentation package and the modules whose loading calls for it. */
export interface CatalogueEntry {
  /** The package name without `@opentelemetry/instrumentation-`: what OTEL_NODE_ENABLED_INSTRUMENTATIONS lists. */
  readonly name: InstrumentationName
  /** The class that the package exports; none of an instrumentation of ours. */
  readonly className: string
  /** Packages and built-ins that it patches. Empty: it patches nothing and listens to Node.js itself. */
  readonly modules: readonly string[]
  /** When it is wanted without being named. */
  readonly wanted: 'default' | 'by-name' | 'with-metrics' | 'in-lambda'
  /** A range of versions that it does not name, and was seen to trace. */
  readonly alsoVersions?: string
  /** Packages that it traces anyway, and has to see as they load. */
  readonly alsoModules?: readonly string[]
  /** OpenTelemetry has no instrumentation of it: it is in `libraries/`, and not in upstream's catalogue. */
  readonly isOurs?: true
  /** Inner files that it patches of a package of ECMAScript modules; those of CommonJS packages are seen anyway. */
  readonly importedFiles?: readonly string[]
}

const entry = (
  name: InstrumentationName,
  className: string,
  modules: readonly string[],
  wanted: CatalogueEntry['wanted'] = 'default',
  more: Pick<CatalogueEntry, 'alsoModules' | 'alsoVersions' | 'importedFiles'> = {},
): CatalogueEntry => ({ name, className, modules, wanted, ...more })

const ours = (name: OwnInstrumentationName, modules: readonly string[] = [name]): CatalogueEntry => ({
  name,
  className: '',
  modules,
  wanted: 'default',
  isOurs: true,
})

/**
 * Every instrumentation of `@opentelemetry/auto-instrumentations-node`; a test compares the two. What upstream leaves off
 * by default is off here too. And ours.
 */
export const CATALOGUE: readonly CatalogueEntry[] = [
  entry('amqplib', 'AmqplibInstrumentation', ['amqplib']),
  entry('aws-lambda', 'AwsLambdaInstrumentation', [], 'in-lambda'),
  entry('aws-sdk', 'AwsInstrumentation', [
    '@aws-sdk/middleware-stack',
    '@aws-sdk/smithy-client',
    '@smithy/core',
    '@smithy/middleware-stack',
    '@smithy/smithy-client',
  ]),
  // What is patched is in bunyan 2 as it was.
  entry('bunyan', 'BunyanInstrumentation', ['bunyan'], 'default', { alsoVersions: '^2.0.0' }),
  entry('cassandra-driver', 'CassandraDriverInstrumentation', ['cassandra-driver']),
  entry('connect', 'ConnectInstrumentation', ['connect']),
  // What is patched is in cucumber 13, and openai 7, as it was.
  entry('cucumber', 'CucumberInstrumentation', ['@cucumber/cucumber'], 'default', { alsoVersions: '^13.0.0' }),
  entry('dataloader', 'DataloaderInstrumentation', ['dataloader']),
  entry('dns', 'DnsInstrumentation', ['dns', 'dns/promises']),
  entry('express', 'ExpressInstrumentation', ['express']),
  entry('fs', 'FsInstrumentation', ['fs', 'fs/promises'], 'by-name'),
  entry('generic-pool', 'GenericPoolInstrumentation', ['generic-pool']),
  entry('graphql', 'GraphQLInstrumentation', ['graphql']),
  entry('grpc', 'GrpcInstrumentation', ['@grpc/grpc-js']),
  entry('hapi', 'HapiInstrumentation', ['@hapi/hapi']),
  entry('host-metrics', 'HostMetricsInstrumentation', [], 'by-name'),
  entry('http', 'HttpInstrumentation', ['http', 'https']),
  entry('ioredis', 'IORedisInstrumentation', ['ioredis']),
  entry('kafkajs', 'KafkaJsInstrumentation', ['kafkajs']),
  entry('knex', 'KnexInstrumentation', ['knex']),
  entry('koa', 'KoaInstrumentation', ['koa']),
  entry('lru-memoizer', 'LruMemoizerInstrumentation', ['lru-memoizer']),
  entry('memcached', 'MemcachedInstrumentation', ['memcached']),
  entry('mongodb', 'MongoDBInstrumentation', ['mongodb']),
  entry('mongoose', 'MongooseInstrumentation', ['mongoose']),
  entry('mysql', 'MySQLInstrumentation', ['mysql']),
  entry('mysql2', 'MySQL2Instrumentation', ['mysql2']),
  // Nest 12 is the first one of ECMAScript modules; what is patched has stayed as it was.
  entry('nestjs-core', 'NestInstrumentation', ['@nestjs/core'], 'default', {
    alsoVersions: '^12.0.0',
    importedFiles: ['@nestjs/core/nest-factory.js', '@nestjs/core/router/router-execution-context.js'],
  }),
  entry('net', 'NetInstrumentation', ['net']),
  entry('openai', 'OpenAIInstrumentation', ['openai'], 'default', { alsoVersions: '^7.0.0' }),
  entry('oracledb', 'OracleInstrumentation', ['oracledb']),
  entry('pg', 'PgInstrumentation', ['pg', 'pg-pool']),
  entry('pino', 'PinoInstrumentation', ['pino']),
  entry('redis', 'RedisInstrumentation', ['redis', '@redis/client', '@node-redis/client']),
  entry('restify', 'RestifyInstrumentation', ['restify']),
  entry('router', 'RouterInstrumentation', ['router']),
  entry('runtime-node', 'RuntimeNodeInstrumentation', [], 'with-metrics'),
  entry('socket.io', 'SocketIoInstrumentation', ['socket.io']),
  entry('tedious', 'TediousInstrumentation', ['tedious']),
  entry('undici', 'UndiciInstrumentation', [], 'default', { alsoModules: ['undici'] }),
  entry('winston', 'WinstonInstrumentation', ['winston']),
  ours('better-sqlite3'),
  ours('bullmq'),
  ours('hono'),
  ours('mariadb'),
  ours('node-cron'),
  ours('postgres'),
  ours('sqlite', ['node:sqlite']),
]

/** The name of its package, which is that of its tracer. */
export const packageOf = ({ name, isOurs = false }: { readonly name: string; readonly isOurs?: boolean }): string =>
  `${isOurs ? 'spanwright/' : '@opentelemetry/instrumentation-'}${name}`
