import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { CatalogueEntry } from './catalogue.js'
import { keepExpressRoutes } from './frameworks/express-routes.js'
import { withHttpHooks } from './http/http-hooks.js'
import type { InstrumentationChoice } from './selection.js'

const LOGGERS: ReadonlySet<string> = new Set(['bunyan', 'pino', 'winston'])

/** What the user has said of an instrumentation, with what we need of it. */
export function configOf(
  entry: CatalogueEntry,
  { config, logsAreOn, onResponse, captureHeaders }: InstrumentationChoice,
): InstrumentationConfig {
  const given = config[entry.name]
  // Without a logs exporter, a copy of each log record would be made for nobody.
  if (LOGGERS.has(entry.name) && !logsAreOn) return { disableLogSending: true, ...given } as InstrumentationConfig
  if (entry.name === 'express') return keepExpressRoutes(given)
  return withHttpHooks(entry.name, { ...given }, { onResponse, captureHeaders })
}
