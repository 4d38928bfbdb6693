import { register, type LoadHookSync, type ResolveHookSync } from 'node:module'
import { pathToFileURL } from 'node:url'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { isBundled, requireOwn } from '../../internal/runtime/own-package.js'
import type { CatalogueEntry } from '../catalogue.js'
import { packageNameOf } from './package-name.js'

/** What the loader hooks pass on to import-in-the-middle. */
export interface ImportInterception {
  readonly resolve: ResolveHookSync
  /** Absent where the hook is asynchronous: that Node.js ends when a synchronous one passes CommonJS on, with no source. */
  readonly load?: LoadHookSync
}

/**
 * Lets instrumentations patch what ECMAScript modules import, by import-in-the-middle, over the instrumented packages only, and
 * of their inner files over those that are patched: a hook over everything breaks `export *` and slows every import. It is loaded with the first import of such a package; an
 * app in CommonJS never pays for it.
 */
export function interceptImports(packages: ReadonlyMap<string, CatalogueEntry>): ImportInterception {
  try {
    if (hasSynchronousHooks()) return synchronousInterception(packages)
    register(fileUrl('import-in-the-middle/hook.mjs'), {
      data: { include: [...packages.keys(), ...innerFiles(packages)] },
    })
  } catch (error) {
    logNoInterception(error)
  }
  return { resolve: passOn }
}

const passOn: ResolveHookSync = (specifier, context, next) => next(specifier, context)

function logNoInterception(error: unknown): void {
  // A bundle imports nothing but built-ins, which are patched in place.
  if (isBundled()) return
  warnOnce(
    'import interception',
    `packages that ECMAScript modules import are not traced, those that are required are: ${messageOf(error)}`,
  )
}

/**
 * import-in-the-middle is in ECMAScript modules. Where Node.js can't require those (`--no-experimental-require-module`), its
 * hook runs in Node.js's own thread for hooks, which loads it by URL.
 */
function hasSynchronousHooks(): boolean {
  if (!process.features.require_module) return false
  const { supportsSyncHooks } = requireOwn('import-in-the-middle/supports-sync-hooks.mjs') as SupportsSyncHooks
  return supportsSyncHooks()
}

function synchronousInterception(packages: ReadonlyMap<string, CatalogueEntry>): ImportInterception {
  const isInstrumented = (specifier: string): boolean => packages.has(packageNameOf(specifier) ?? '')
  const files = innerFiles(packages)
  // CommonJS that requires an ECMAScript module gets past the hook, but that module's own imports don't.
  const isWithin = ({ parentURL = '' }: ResolveContext): boolean =>
    parentURL.includes('/node_modules/') && packages.get(packageNameOf(parentURL) ?? '')?.importedFiles !== undefined
  let hook: SyncHook | undefined
  let hasFailed = false
  const create = (): SyncHook | undefined => {
    try {
      return newHook()
    } catch (error) {
      // The import goes on without it.
      hasFailed = true
      logNoInterception(error)
      return undefined
    }
  }
  const newHook = (): SyncHook => {
    const { createHook } = requireOwn('import-in-the-middle/create-hook.mjs') as CreateHook
    const created = createHook({ url: fileUrl('import-in-the-middle/register-hooks.mjs') })
    created.applyOptions({
      shouldInclude: (url, specifier) => isInstrumented(specifier) || files.some((file) => file.test(url)),
    })
    return created
  }
  return {
    resolve(specifier, context, next) {
      if (!hook && !hasFailed && !context.conditions.includes('require')) {
        if (isInstrumented(specifier) || isWithin(context)) hook = create()
      }
      if (!hook) return next(specifier, context)
      if (!isPath(specifier) || !isInstrumented(specifier)) return hook.resolveSync(specifier, context, next)
      // Node.js writes into the context what the next step is given.
      const ownContext = { ...context }
      const named = nameOfEntry(specifier, context, next) ?? specifier
      // The hook keeps the last step, and resolves by it what the module passes on of others.
      return hook.resolveSync(named, ownContext, (wanted, nextContext) =>
        next(wanted === named ? specifier : wanted, nextContext),
      )
    },
    load: (url, context, next) => (hook ? hook.loadSync(url, context, next) : next(url, context)),
  }
}

type ResolveContext = Parameters<ResolveHookSync>[1]

const isPath = (specifier: string): boolean => specifier.startsWith('file:') || specifier.startsWith('/')

/**
 * The name of the package, if the path is what importing it by name would lead to. Test runners find packages themselves and
 * import them by path; import-in-the-middle would take it for an inner file of the package.
 */
function nameOfEntry(
  path: string,
  context: Parameters<ResolveHookSync>[1],
  next: Parameters<ResolveHookSync>[2],
): string | undefined {
  const name = packageNameOf(path)
  if (name === undefined) return undefined
  try {
    const { url } = next(path, context)
    return next(name, { ...context, parentURL: url }).url === url ? name : undefined
  } catch {
    return undefined
  }
}

function innerFiles(packages: ReadonlyMap<string, CatalogueEntry>): RegExp[] {
  const names = [...packages.values()].flatMap(({ importedFiles = [] }) => importedFiles)
  return names.map((name) => new RegExp(`/node_modules/${name.replaceAll('.', '\\.')}$`))
}

function fileUrl(specifier: string): string {
  return pathToFileURL(requireOwn.resolve(specifier)).href
}

interface SupportsSyncHooks {
  supportsSyncHooks: () => boolean
}

/** The part of import-in-the-middle beneath its `register()`, which would have to be called before the first import. */
interface CreateHook {
  createHook: (meta: { url: string }) => SyncHook
}
interface SyncHook {
  applyOptions(options: { shouldInclude(url: string, specifier: string): boolean }): void
  resolveSync: ResolveHookSync
  loadSync: LoadHookSync
}
