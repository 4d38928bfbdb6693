import { InstrumentationNodeModuleFile, type InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { inCallersContext } from './bound.js'
import { wrapMethod } from './wrap-method.js'

/** A query or anything else that waits its turn on a connection. */
interface Command {
  /** The callback. Without one, `emit` has the rows and the end. */
  onResult?: unknown
  emit: unknown
}

/**
 * The instrumentation of mysql2, with queries, callbacks and rows in the context of their call: a pool without a free connection
 * makes the query when another call's has ended, and results arrive in the context that has opened the connection.
 */
export function withMysql2Callers(Class: InstrumentationClass): InstrumentationClass {
  return class extends Class {
    override init(): InstrumentationModuleDefinition[] {
      const definitions = [super.init() ?? []].flat()
      for (const { files, supportedVersions } of definitions) {
        files.push(
          new InstrumentationNodeModuleFile('mysql2/lib/pool.js', supportedVersions, patching(bindPool), nothing),
          new InstrumentationNodeModuleFile(
            'mysql2/lib/connection.js',
            supportedVersions,
            patching(bindCommands),
            nothing,
          ),
        )
      }
      return definitions
    }
  }
}

interface ClassWithin {
  readonly prototype: object
}

const patching =
  (patch: (prototype: object) => void) =>
  (exported: ClassWithin): ClassWithin => {
    patch(exported.prototype)
    return exported
  }

const nothing = (): undefined => undefined

function bindPool(prototype: object): void {
  wrapMethod(
    prototype,
    'getConnection',
    (original) =>
      function (...args) {
        const [callback, ...rest] = args as unknown[]
        return original.call(this, inCallersContext(callback) as never, ...(rest as never[]))
      },
  )
}

/** Every command of a connection passes there when it is called. */
function bindCommands(prototype: object): void {
  wrapMethod(
    prototype,
    'addCommand',
    (original) =>
      function (...args) {
        const [command] = args as unknown as [Command]
        if (typeof command.onResult === 'function') command.onResult = inCallersContext(command.onResult)
        // EventEmitter's own, which the command has as its own from here on.
        else command.emit = inCallersContext(command.emit)
        return original.apply(this, args)
      },
  )
}
