import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation'
import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { inCallersContext } from './bound.js'
import { wrapMethod } from './wrap-method.js'

interface PoolModule {
  readonly RedisClientPool?: { readonly prototype: object }
}

const CLIENT = '@redis/client'
const SINCE_POOLS = ['>=5']

/**
 * The instrumentation of redis, with the commands of a pool in the context of their call: what has waited for a client is
 * executed in the context of whoever has given it back.
 */
export function withRedisCallers(Class: InstrumentationClass): InstrumentationClass {
  return class extends Class {
    // Upstream's own patches are those of two instrumentations inside of it.
    override init(): InstrumentationNodeModuleDefinition[] {
      const pool = new InstrumentationNodeModuleFile(
        `${CLIENT}/dist/lib/client/pool.js`,
        SINCE_POOLS,
        (exported: PoolModule) => {
          if (exported.RedisClientPool) bindTasks(exported.RedisClientPool.prototype)
          return exported
        },
        () => undefined,
      )
      return [new InstrumentationNodeModuleDefinition(CLIENT, SINCE_POOLS, undefined, undefined, [pool])]
    }
  }
}

/** All commands of a pool, transactions too, are tasks for a client. */
function bindTasks(prototype: object): void {
  wrapMethod(
    prototype,
    'execute',
    (original) =>
      function (...args) {
        const [task, ...rest] = args as unknown[]
        return original.call(this, inCallersContext(task) as never, ...(rest as never[]))
      },
  )
}
