import { createRequire } from 'node:module'

/**
 * Loads a dependency of this package when it is needed, and not before: start-up time is the host's time.
 * Requiring takes the CommonJS build of OpenTelemetry's packages: instrumentations of the imported build patch built-ins
 * a second time in CommonJS apps.
 */
export const requireOwn: NodeJS.Require = createRequire(import.meta.url)
