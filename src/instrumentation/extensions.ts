import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { contextWithSpan } from '../internal/otel-api/context-with-span.js'
import type { CatalogueEntry } from './catalogue.js'
import { withGraphqlChannels } from './channels/graphql.js'
import type { InstrumentationName } from './config-types.js'
import { withInProcessRequests } from './frameworks/in-process-requests.js'
import { withOutgoingRequests } from './http-client/outgoing-requests.js'
import { withOurUndici } from './http-client/undici.js'
import { whenClosed } from './http-server/after-close.js'
import { withFastPath } from './http-server/fast-path.js'
import { withHttpHooks } from './http/http-hooks.js'
import { withOutcomes } from './http/http-outcomes.js'
import type { InstrumentationClass } from './instrumentation-class.js'
import * as ofPackages from './package-instrumentations.js'
import type { InstrumentationChoice } from './selection.js'

type Extension = (Class: InstrumentationClass) => InstrumentationClass

const EXTENSIONS: Readonly<Partial<Record<InstrumentationName, Extension>>> = {
  connect: (Class) => ofPackages.withConnectLayers(Class),
  express: (Class) => ofPackages.withExpressLayers(Class, { contextWithSpan, safely, whenClosed }),
  'generic-pool': (Class) => ofPackages.withGenericPoolCallers(Class),
  graphql: withGraphqlChannels,
  http: (Class) => withOutgoingRequests(withFastPath(withOutcomes(Class))),
  mysql2: (Class) => ofPackages.withMysql2Callers(ofPackages.withQueryErrors(Class)),
  ioredis: (Class) => ofPackages.withIoredisCommands(Class),
  mysql: (Class) => ofPackages.withMysqlPools(ofPackages.withQueryErrors(Class)),
  pg: (Class) => ofPackages.withPgCallers(Class, { contextWithSpan }),
  redis: (Class) => ofPackages.withRedisCallers(Class),
  undici: withOurUndici,
}

/** Upstream's class with what is ours in it: what it gets wrong, or does expensively. */
export function extended(
  name: InstrumentationName,
  Class: InstrumentationClass,
  { contextOfRequest }: InstrumentationChoice,
): InstrumentationClass {
  return withInProcessRequests(EXTENSIONS[name]?.(Class) ?? Class, name, contextOfRequest)
}

const LOGGERS: ReadonlySet<string> = new Set(['bunyan', 'pino', 'winston'])

/** The options that the user has given an instrumentation, with what we need of it. */
export function configOf(
  entry: CatalogueEntry,
  { config, logsAreOn, onResponse, captureHeaders }: InstrumentationChoice,
): InstrumentationConfig {
  const given = config[entry.name]
  // Without a logs exporter, each log record would be copied in vain.
  if (LOGGERS.has(entry.name) && !logsAreOn) return { disableLogSending: true, ...given } as InstrumentationConfig
  return withHttpHooks(entry.name, { ...given }, { onResponse, captureHeaders })
}
