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
  try {
    const file = requireOwn.resolve('@opentelemetry/core')
    return [file, join(dirname(file), 'index.mjs')].flatMap((path) => {
      try {
        const { globalErrorHandler } = requireOwn(path) as { globalErrorHandler?: ErrorHandler }
        return globalErrorHandler ? [globalErrorHandler] : []
      } catch {
        return []
      }
    })
  } catch {
    return []
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
