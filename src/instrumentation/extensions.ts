import { withGenericPoolCallers } from './call-context/generic-pool.js'
import { withMysql2Callers } from './call-context/mysql2.js'
import { withRedisCallers } from './call-context/redis.js'
import { withUndiciCallers } from './call-context/undici.js'
import type { InstrumentationName } from './config-types.js'
import type { InstrumentationClass } from './guarded-patches.js'
import { withLeanServer } from './http-server/lean-server.js'

type Extension = (Class: InstrumentationClass) => InstrumentationClass

const EXTENSIONS: Readonly<Partial<Record<InstrumentationName, Extension>>> = {
  'generic-pool': withGenericPoolCallers,
  http: withLeanServer,
  mysql2: withMysql2Callers,
  redis: withRedisCallers,
  undici: withUndiciCallers,
}

/** Upstream's class with what is ours in it: what it gets wrong, or does at a price. */
export function extended(name: InstrumentationName, Class: InstrumentationClass): InstrumentationClass {
  return EXTENSIONS[name]?.(Class) ?? Class
}
