import Module from 'node:module'
import { packageNameOf } from './package-name.js'

/**
 * Calls `start` before the first package of the map is required. What instrumentations stand on patches `require` itself,
 * which is too late for a call that is under way: that call is begun anew.
 *
 * @param start returns whether it has started anything
 */
export function beforeFirstRequire(packages: ReadonlyMap<string, unknown>, start: (name: string) => boolean): void {
  const { require: original } = Module.prototype as { require: (this: unknown, id: string) => unknown }
  let isDone = false
  Module.prototype.require = function (this: unknown, id: string): unknown {
    if (!isDone && typeof id === 'string') {
      const name = packageNameOf(id) ?? ''
      isDone = packages.has(name) && start(name)
      if (isDone) return (Module.prototype.require as typeof original).call(this, id)
    }
    return original.call(this, id)
  } as typeof Module.prototype.require
}
