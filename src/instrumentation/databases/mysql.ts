import { context, createContextKey } from '@opentelemetry/api'
import type { InstrumentationClass } from '../instrumentation-class.js'

type Method = (this: unknown, ...args: unknown[]) => unknown

interface Upstream {
  _patchQuery(connection: object): (original: Method) => Method
}

/** A query of a pool, which is made by one of its connections. */
interface PoolQuery {
  isMade: boolean
}

const POOL_QUERY = createContextKey('spanwright: a query of a pool of mysql')

/** The instrumentation of mysql: a query of a pool had a span, and a second one for the same query on its connection. */
export function withMysqlPools(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as Upstream
  return class extends Class {
    _patchQuery(connection: object): (original: Method) => Method {
      const patch = upstream._patchQuery.call(this, connection)
      return 'getConnection' in connection ? ofPool(patch) : ofConnection(patch)
    }
  }
}

const ofPool =
  (patch: (original: Method) => Method) =>
  (original: Method): Method => {
    const traced = patch(original)
    return function (...args) {
      const active = context.active()
      const query: PoolQuery = { isMade: false }
      const bound = args.map((arg) => (typeof arg === 'function' ? context.bind(active, arg) : arg))
      return context.with(active.setValue(POOL_QUERY, query), () => traced.apply(this, bound))
    }
  }

const ofConnection =
  (patch: (original: Method) => Method) =>
  (original: Method): Method => {
    const traced = patch(original)
    return function (...args) {
      const query = context.active().getValue(POOL_QUERY) as PoolQuery | undefined
      if (!query || query.isMade) return traced.apply(this, args)
      query.isMade = true
      return original.apply(this, args)
    }
  }
