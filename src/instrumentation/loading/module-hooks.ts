import Module, { isBuiltin, registerHooks } from 'node:module'
import { API_PACKAGE } from '../../internal/otel-api/api-version.js'
import { replaceMethod } from '../../internal/runtime/methods.js'
import { onGetBuiltinModule } from './built-ins.js'
import type { CatalogueEntry } from '../catalogue.js'
import { interceptImports } from './import-interception.js'
import { isRequireInTheMiddle, packageNameOf } from './package-name.js'

/** Called as packages are resolved. */
interface ResolveListener {
  /** A package or built-in of the maps is about to load, if it has not been loaded. */
  resolved(entry: CatalogueEntry): unknown
  /** A package of the map is running, and was never seen to be resolved. */
  ranUnseen(packageName: string): void
  /** A file of a copy of the OpenTelemetry API, by its URL. */
  apiResolved(url: string): void
}

/**
 * Listens for packages and built-ins of the maps, from CommonJS and from ECMAScript modules alike: both loaders resolve a
 * specifier first. An instrumentation that starts here is in place when the package's files are read.
 *
 * @returns the names of the packages that have been resolved, which grow
 */
export function onModuleResolved(
  packages: ReadonlyMap<string, CatalogueEntry>,
  builtIns: ReadonlyMap<string, readonly CatalogueEntry[]>,
  listener: ResolveListener,
): ReadonlySet<string> {
  // Test runners that keep the modules of tests apart (Jest, Vitest's vm pools) refuse hooks: before anything is patched.
  registerHooks({}).deregister()
  const seen = new Set<string>()
  const imports = interceptImports(packages)
  const builtInResolved = (specifier: string): void => {
    for (const entry of builtIns.get(specifier.replace(/^node:/, '')) ?? []) listener.resolved(entry)
  }
  onGetBuiltinModule(builtInResolved)
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL = '' } = context
      if (isBuiltin(specifier)) {
        builtInResolved(specifier)
        return parentURL === '' ? builtIn(specifier) : nextResolve(specifier, context)
      }
      const name = packageNameOf(specifier) ?? ''
      const entry = packages.get(name)
      if (entry) {
        seen.add(name)
        if (isForTheApp(entry, parentURL)) listener.resolved(entry)
      }
      const parent = parentURL.includes('/node_modules/') ? (packageNameOf(parentURL) ?? '') : ''
      if (packages.has(parent) && !seen.has(parent)) listener.ranUnseen(parent)
      const resolved = imports.resolve(specifier, context, nextResolve)
      if (name === API_PACKAGE) listener.apiResolved(resolved.url)
      return resolved
    },
    ...(imports.load && { load: imports.load }),
  })
  return seen
}

/**
 * `node --eval` requires built-ins from nowhere. import-in-the-middle takes what comes from nowhere for the app's main file,
 * and Node.js would then look for a file of that name.
 */
function builtIn(specifier: string): { url: string; format: string; shortCircuit: boolean } {
  return { url: specifier.startsWith('node:') ? specifier : `node:${specifier}`, format: 'builtin', shortCircuit: true }
}

/**
 * Express 5 keeps its routing in the package `router`: traced by both names, each layer would give two spans. And
 * require-in-the-middle resolves the names of packages that something else has loaded.
 */
export function isForTheApp({ name }: CatalogueEntry, parent: string): boolean {
  const parentUrl = parent.replaceAll('\\', '/')
  if (isRequireInTheMiddle(parentUrl)) return false
  return name !== 'router' || !parentUrl.includes('/node_modules/express/')
}

/**
 * Calls `start` before the first package of the map is required. What instrumentations stand on patches `require` itself,
 * which is too late for a call that is under way: that call is begun anew.
 *
 * @param start gets the file that requires it; returns whether anything has been started
 */
export function beforeFirstRequire(
  packages: ReadonlyMap<string, CatalogueEntry>,
  start: (entry: CatalogueEntry, parent: string) => boolean,
): void {
  const prototype = Module.prototype as { require: Require }
  let isDone = false
  replaceMethod(
    prototype,
    'require',
    (original) =>
      function (id) {
        const entry = isDone || typeof id !== 'string' ? undefined : packages.get(packageNameOf(id) ?? '')
        if (entry === undefined) return original.call(this, id)
        isDone = start(entry, this.filename ?? '')
        return (isDone ? prototype.require : original).call(this, id)
      },
  )
}

type Require = (this: { readonly filename?: string | null }, id: unknown) => unknown
