import { createRequire } from 'node:module'

/**
 * Loads a dependency of this package when it is needed, and not before: start-up time is the host's time.
 * Requiring takes the CommonJS build of OpenTelemetry's packages: instrumentations of the imported build patch built-ins
 * a second time in CommonJS apps.
 */
export const requireOwn: NodeJS.Require = createRequire(import.meta.url)

/** The file of the build that Node.js starts a thread with; undefined in a bundle, which holds this code and not the file. */
export function deliveryThreadFile(): string | undefined {
  try {
    return requireOwn.resolve('#delivery-thread')
  } catch {
    return undefined
  }
}

/** Whether this code is part of an app's bundle, and runs without the files of the package around it. */
export function isBundled(): boolean {
  return deliveryThreadFile() === undefined
}
