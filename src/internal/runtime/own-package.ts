import { createRequire } from 'node:module'

/** Loads a file of this package when it is needed, and not before: start-up time is the host's time. */
export const requireOwn: NodeJS.Require = createRequire(import.meta.url)

/** The folder of the files that the build makes of OpenTelemetry's packages (scripts/bundle-packages.mjs); set by the build alone. */
declare const spanwrightPackages: string | undefined

/** Loads a package of OpenTelemetry's when it is needed, from its file in the build. */
export function requirePackage(name: string): unknown {
  if (typeof spanwrightPackages === 'undefined') return requireOwn(name)
  const file = `${spanwrightPackages}/${name.replace('@opentelemetry/', '')}.cjs`
  if (!isBundled()) return requireOwn(file)
  // A bundle has them where this package is installed beside it.
  return requireOwn(requireOwn.resolve('spanwright/package.json').replace(/package\.json$/, `dist/${file}`))
}

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
