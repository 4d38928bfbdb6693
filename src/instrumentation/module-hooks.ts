import { isBuiltin, register, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { requireOwn } from '../internal/require.js'
import type { CatalogueEntry } from './catalogue.js'

/** Who wants to know of packages that are resolved. */
export interface ResolveListener {
  /** A package of the map is about to load, if it has not been loaded. */
  resolved(entry: CatalogueEntry): void
  /** A package of the map is running, and was never seen to be resolved. */
  ranUnseen(packageName: string): void
}

/**
 * Listens for packages of the map, from CommonJS and from ECMAScript modules alike: both loaders resolve a specifier first.
 * An instrumentation that starts here is in place when the package's files are read.
 */
export function onModuleResolved(packages: ReadonlyMap<string, CatalogueEntry>, listener: ResolveListener): void {
  const seen = new Set<string>()
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL = '' } = context
      if (parentURL === '' && isBuiltin(specifier)) return builtIn(specifier)
      const name = packageNameOf(specifier) ?? ''
      const entry = packages.get(name)
      if (entry) {
        seen.add(name)
        if (isForTheApp(entry, parentURL)) listener.resolved(entry)
      }
      const parent = parentURL.includes('/node_modules/') ? (packageNameOf(parentURL) ?? '') : ''
      if (packages.has(parent) && !seen.has(parent)) listener.ranUnseen(parent)
      return nextResolve(specifier, context)
    },
  })
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
function isForTheApp({ name }: CatalogueEntry, parentUrl: string): boolean {
  if (parentUrl.includes('/node_modules/require-in-the-middle/')) return false
  return name !== 'router' || !parentUrl.includes('/node_modules/express/')
}

/**
 * The package a specifier leads to: `pg` for `pg` and `pg/lib/client`, also inside a path or URL with node_modules, as
 * bundlers' dev servers and TypeScript runners write it. Undefined for relative specifiers: their package has been seen.
 */
export function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined
  const start = specifier.replaceAll('\\', '/').split('/node_modules/').at(-1) ?? specifier
  const [first, second] = start.split('/')
  return first?.startsWith('@') ? `${first}/${second}` : first
}

/**
 * Lets instrumentations patch what ECMAScript modules import: import-in-the-middle's hook, over the instrumented packages
 * only (a hook over everything breaks `export *` and slows every import). Built-ins don't need it, they are patched in
 * place.
 */
export function interceptImports(packageNames: readonly string[]): void {
  const { supportsSyncHooks } = requireOwn('import-in-the-middle/supports-sync-hooks.mjs') as SupportsSyncHooks
  if (supportsSyncHooks()) {
    const names = new Set(packageNames)
    const hooks = requireOwn('import-in-the-middle/register-hooks.mjs') as RegisterHooks
    hooks.register({ shouldInclude: (_url, specifier) => names.has(packageNameOf(specifier) ?? '') })
  } else {
    const hook = pathToFileURL(requireOwn.resolve('import-in-the-middle/hook.mjs'))
    register(hook.href, { data: { include: [...packageNames] } })
  }
}

interface SupportsSyncHooks {
  supportsSyncHooks: () => boolean
}
interface RegisterHooks {
  register(options: { shouldInclude(url: string, specifier: string): boolean }): void
}
