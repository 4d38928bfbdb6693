import { isBuiltin, syncBuiltinESMExports } from 'node:module'
import { replaceMethod } from '../../internal/runtime/methods.js'
import { isBuiltInLoaded } from '../../internal/runtime/node.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import type { CatalogueEntry } from '../catalogue.js'

/** Built-ins that use them from inside of Node.js, where no hook sees it. */
const USERS: Readonly<Record<string, readonly string[]>> = {
  net: ['tls', 'http', 'https', 'http2'],
  dns: ['net', 'tls', 'http', 'https', 'http2'],
}

/** Whether all that the instrumentation patches comes with Node.js. */
export function isOfBuiltIns({ modules }: CatalogueEntry): boolean {
  return modules.every((module) => isBuiltin(module))
}

/**
 * Whether the app, or Node.js itself, has loaded one of them already. Loading http and its like in vain takes megabytes;
 * but code that has imported it before has to get the patched functions, too.
 */
export function areInUse({ modules }: CatalogueEntry): boolean {
  return modules.length === 0 || modules.some((module) => isBuiltInLoaded(withoutScheme(module)))
}

/** Some are called by no other name than `node:sqlite`. */
const withoutScheme = (module: string): string => module.replace(/^node:/, '')

/** What is to be started when a built-in is about to load, by the built-in's name. */
export function byBuiltIn(entries: readonly CatalogueEntry[]): ReadonlyMap<string, readonly CatalogueEntry[]> {
  const pairs = entries.flatMap((entry) =>
    [...entry.modules, ...(USERS[entry.name] ?? [])].map((module) => ({ module: withoutScheme(module), entry })),
  )
  const grouped = Map.groupBy(pairs, ({ module }) => module)
  return new Map([...grouped].map(([module, group]) => [module, group.map(({ entry }) => entry)]))
}

/**
 * Patches them in place: requiring one runs its patch, and the sync carries the patched functions to code that imports them by
 * name, or has done so.
 */
export function patchBuiltIns({ modules }: CatalogueEntry): void {
  for (const module of modules) requireOwn(module)
  syncBuiltinESMExports()
}

/** Loads a built-in past the loaders' hooks. */
export function onGetBuiltinModule(aboutToLoad: (name: string) => void): void {
  replaceMethod(
    process as { getBuiltinModule: GetBuiltinModule },
    'getBuiltinModule',
    (load) =>
      function (this: unknown, name) {
        aboutToLoad(name)
        return load.call(this, name)
      },
  )
}

type GetBuiltinModule = (this: unknown, name: string) => object | undefined
