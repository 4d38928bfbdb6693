import Module from 'node:module'
import type { CatalogueEntry } from '../catalogue.js'
import { packageNameOf } from './package-name.js'

/**
 * Calls `start` before the first package of the map is required. What instrumentations stand on patches `require` itself,
 * which is too late for a call that is under way: that call is begun anew.
 *
 * @param start is told who requires it; returns whether anything has been started
 */
export function beforeFirstRequire(
  packages: ReadonlyMap<string, CatalogueEntry>,
  start: (entry: CatalogueEntry, parent: string) => boolean,
): void {
  const prototype = Module.prototype as { require: Require }
  const original = prototype.require
  let isDone = false
  prototype.require = function (id) {
    const entry = isDone || typeof id !== 'string' ? undefined : packages.get(packageNameOf(id) ?? '')
    if (entry === undefined) return original.call(this, id)
    isDone = start(entry, this.filename ?? '')
    return (isDone ? prototype.require : original).call(this, id)
  }
}

type Require = (this: { readonly filename?: string | null }, id: unknown) => unknown
