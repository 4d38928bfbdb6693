import { packageOf } from './catalogue.js'
import type { InstrumentationConfigMap } from './config-types.js'
import { byShortName } from './names.js'

/** Options by which an app says itself what an instrumentation is to write of a query. */
const OWN_QUERIES = [
  'dbStatementSerializer',
  'maskStatement',
  'maskStatementHook',
  'enhancedDatabaseReporting',
  'dbStatementDump',
]

/** The scopes of instrumentations that were told what to write of queries: that is what they write. */
export function scopesWithOwnQueries(config: InstrumentationConfigMap | undefined): ReadonlySet<string> {
  const told = Object.entries(byShortName(config)).filter(([, options]) =>
    OWN_QUERIES.some((option) => Boolean((options as Readonly<Record<string, unknown>> | undefined)?.[option])),
  )
  return new Set(told.map(([name]) => packageOf({ name })))
}
