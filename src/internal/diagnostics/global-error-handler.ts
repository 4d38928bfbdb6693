import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { requireOwn } from '../runtime/own-package.js'
import { apiGlobals } from '../otel-api/api-version.js'

type ErrorHandler = (error: Error) => void

/**
 * Hands an error to the handler that the app has set with `setGlobalErrorHandler` of `@opentelemetry/core`. The copy of that package in
 * our own file is not the one that apps import; of theirs there are two, one for each kind of module. Never throws.
 */
export function reportToGlobalErrorHandler(error: Error): void {
  withoutDiagnostics(() => {
    for (const handle of (handlers ??= loadHandlers())) {
      try {
        handle(error)
      } catch {
        // The app's handler has failed: there is no other.
      }
    }
  })
}

let handlers: readonly ErrorHandler[] | undefined

function loadHandlers(): ErrorHandler[] {
  return [...appsCopies()].flatMap((folder) => {
    const file = quietly(() => requireOwn.resolve(folder))
    if (file === undefined) return []
    // Where there is a copy for ECMAScript modules, it is beside.
    return [file, join(dirname(file), 'index.mjs')].flatMap((path) => {
      const exported = quietly(() => requireOwn(path) as { globalErrorHandler?: ErrorHandler })
      return exported?.globalErrorHandler ? [exported.globalErrorHandler] : []
    })
  })
}

/** The folders of the package that the app has loaded, or would load: from its main script, and from beside this package. */
function appsCopies(): Set<string> {
  const folders = [
    ...Object.keys(requireOwn.cache),
    resolvedFrom(quietly(() => createRequire(process.argv[1] ?? ''))),
    resolvedFrom(requireOwn),
  ]
  return new Set(folders.flatMap((path) => FOLDER.exec(path)?.[0] ?? []))
}

const FOLDER = /^.*[\\/]node_modules[\\/]@opentelemetry[\\/]core[\\/]/

function resolvedFrom(require: NodeJS.Require | undefined): string {
  return quietly(() => require?.resolve('@opentelemetry/core')) ?? ''
}

function quietly<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}

/** The handler that is there by default writes to the diagnostic logger, where our own line about the same stands already. */
function withoutDiagnostics(fn: () => void): void {
  const globals = apiGlobals() as { diag?: object | undefined } | undefined
  const logger = globals?.diag
  if (!globals || !logger) {
    fn()
    return
  }
  delete globals.diag
  try {
    fn()
  } finally {
    globals.diag ??= logger
  }
}
