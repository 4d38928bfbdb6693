import { context } from '@opentelemetry/api'
import {
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
  type InstrumentationModuleDefinition,
} from '@opentelemetry/instrumentation'
import type { InstrumentationClass } from './instrumentation-class.js'

/*
 * Calls that wait in a pool run, and call back, in the context of the call that has released a connection. Here each runs in the
 * context of its own caller.
 */

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Replaces a method where an object, or what it inherits from, has it; once. Symbols are found by their descriptions. */
export function wrapMethod(object: object, name: string, wrap: (original: Method) => Method): void {
  for (let holder: object | null = object; holder; holder = Object.getPrototypeOf(holder) as object | null) {
    const key = Reflect.ownKeys(holder).find((key) => (typeof key === 'symbol' ? key.description : key) === name)
    if (key === undefined) continue
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    const original: unknown = descriptor?.value
    if (typeof original !== 'function' || wrapped.has(original)) return
    const value = wrap(original as Method)
    wrapped.add(value)
    Object.defineProperty(holder, key, { ...descriptor, value })
    return
  }
}

const wrapped = new WeakSet()

/** The function, to be called in the context that is active now; anything else as it is. */
function inCallersContext<T>(fn: T): T {
  return typeof fn === 'function' ? context.bind(context.active(), fn) : fn
}

const withBoundFirst = (original: Method): Method =>
  function (first, ...rest) {
    return original.call(this, inCallersContext(first), ...rest)
  }

function patchedFile(
  name: string,
  versions: string[],
  patch: (exported: object) => void,
): InstrumentationNodeModuleFile {
  const patchExports = (exported: object): object => {
    patch(exported)
    return exported
  }
  return new InstrumentationNodeModuleFile(name, versions, patchExports, () => undefined)
}

/** The instrumentation of generic-pool, for the callbacks of its version 2. Version 3 has promises, which keep the context. */
export function withGenericPoolCallers(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as { _acquireWithCallbacksPatcher(original: Method): Method }
  return class extends Class {
    _acquireWithCallbacksPatcher(original: Method): Method {
      return withBoundFirst(upstream._acquireWithCallbacksPatcher.call(this, original))
    }
  }
}

/** A query or anything else that waits its turn on a connection of mysql2. */
interface Mysql2Command {
  /** The callback. Without one, `emit` has the rows and the end. */
  onResult?: unknown
  emit: unknown
}

/**
 * The instrumentation of mysql2: a pool without a free connection makes the query when another call's has ended, and results
 * arrive in the context that has opened the connection.
 */
export function withMysql2Callers(Class: InstrumentationClass): InstrumentationClass {
  return class extends Class {
    override init(): InstrumentationModuleDefinition[] {
      const definitions = [super.init() ?? []].flat()
      for (const { files, supportedVersions: versions } of definitions) {
        files.push(
          patchedFile('mysql2/lib/pool.js', versions, (Pool) =>
            wrapMethod((Pool as typeof Function).prototype, 'getConnection', withBoundFirst),
          ),
          patchedFile('mysql2/lib/connection.js', versions, (Connection) =>
            wrapMethod((Connection as typeof Function).prototype, 'addCommand', withBoundCommand),
          ),
        )
      }
      return definitions
    }
  }
}

/** Every command of a connection passes there when it is called. */
const withBoundCommand = (original: Method): Method =>
  function (...args) {
    const [command] = args as [Mysql2Command]
    if (typeof command.onResult === 'function') command.onResult = inCallersContext(command.onResult)
    // EventEmitter's own, which the command has as its own from here on.
    else command.emit = inCallersContext(command.emit)
    return original.apply(this, args)
  }

const REDIS_CLIENT = '@redis/client'
interface UpstreamRedis {
  _getPatchMultiCommandsExec(isPipeline: boolean): (original: Method) => Method
}

const SINCE_POOLS = ['>=5']

/** The instrumentation of redis, for the commands of a pool; transactions, too, are tasks for a client. */
export function withRedisCallers(Class: InstrumentationClass): InstrumentationClass {
  return class extends Class {
    // Upstream's own patches are those of two instrumentations inside of it.
    override init(): InstrumentationNodeModuleDefinition[] {
      const inside = this as unknown as { instrumentationV4_V5?: UpstreamRedis }
      // Upstream has forgotten it: the spans of commands that are sent so never ended.
      const pipelines = patchedFile(`${REDIS_CLIENT}/dist/lib/cluster/multi-command.js`, SINCE_POOLS, (exported) => {
        const prototype = (exported as { default?: { readonly prototype: object } }).default?.prototype
        const wrap = inside.instrumentationV4_V5?._getPatchMultiCommandsExec(true)
        if (prototype && wrap) wrapMethod(prototype, 'execAsPipeline', wrap)
      })
      const pool = patchedFile(`${REDIS_CLIENT}/dist/lib/client/pool.js`, SINCE_POOLS, (exported) => {
        const { RedisClientPool } = exported as { RedisClientPool?: { readonly prototype: object } }
        if (RedisClientPool) wrapMethod(RedisClientPool.prototype, 'execute', withBoundFirst)
      })
      return [
        new InstrumentationNodeModuleDefinition(REDIS_CLIENT, SINCE_POOLS, undefined, undefined, [pool, pipelines]),
      ]
    }
  }
}
