import { withGenericPoolCallers } from './call-context/generic-pool.js'
import { withMysql2Callers } from './call-context/mysql2.js'
import { withRedisCallers } from './call-context/redis.js'
import { withUndiciCallers } from './call-context/undici.js'
import type { InstrumentationName } from './config-types.js'
import { withExpressLayers } from './frameworks/express-layers.js'
import type { InstrumentationClass } from './loading/guarded-patches.js'
import { withOurHttp } from './http/http-instrumentation.js'
import { withTextualErrors } from './http-client/undici-outcomes.js'

type Extension = (Class: InstrumentationClass) => InstrumentationClass

const EXTENSIONS: Readonly<Partial<Record<InstrumentationName, Extension>>> = {
  express: withExpressLayers,
  'generic-pool': withGenericPoolCallers,
  http: withOurHttp,
  mysql2: withMysql2Callers,
  redis: withRedisCallers,
  undici: (Class) => withUndiciCallers(withTextualErrors(Class)),
}

/** Upstream's class with what is ours in it: what it gets wrong, or does at a price. */
export function extended(name: InstrumentationName, Class: InstrumentationClass): InstrumentationClass {
  return EXTENSIONS[name]?.(Class) ?? Class
}
