import { createRequire } from 'node:module'

/** Loads a file of this package when it is needed, and not before: start-up time is the host's time. */
export const requireOwn: NodeJS.Require = createRequire(import.meta.url)

/** The folder of the files that the build makes of OpenTelemetry's packages (scripts/bundle-packages.ts); set by the build alone. */
declare const spanwrightPackages: string | undefined

/** Loads a package of OpenTelemetry's when it is needed, from its file in the build. */
export function requirePackage(name: string): unknown {
  if (typeof spanwrightPackages === 'undefined') return requireOwn(name)
  const file = `${spanwrightPackages}/${name.replace('@opentelemetry/', '')}.cjs`
  if (!isBundled()) return requireOwn(file)
  return requireOwn(installedBeside(name).replace(/package\.json$/, `dist/${file}`))
}

/** @throws where a bundle has no spanwright installed beside it */
function installedBeside(wanted: string): string {
  try {
    return requireOwn.resolve('spanwright/package.json')
  } catch {
    throw new Error(`${wanted} is not in the bundle, and spanwright is not installed beside it`)
  }
}

/** The file of the build that Node.js starts a thread with; undefined in a bundle, which holds this code and not the file. */
export function deliveryThreadFile(): string | undefined {
  try {
    return requireOwn.resolve('#delivery-thread')
  } catch {
    return undefined
  }
}

/**
 * What Node.js must preload in a thread to read that file: Yarn's Plug'n'Play keeps packages in archives, and has Node.js read
 * them by what it preloads itself.
 */
export function preloadsOfThreads(): readonly string[] {
  return process.versions.pnp === undefined ? [] : ['--require', requireOwn.resolve('pnpapi')]
}

/** Whether this code is part of an app's bundle, and runs without the files of the package around it. */
export function isBundled(): boolean {
  return deliveryThreadFile() === undefined
}
