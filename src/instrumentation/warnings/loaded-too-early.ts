import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { findings } from '../../internal/diagnostics/findings.js'
import { hasAdapter } from '../../internal/diagnostics/log-correlation.js'
import { packageNameOf } from '../loading/package-name.js'

/**
 * Warns of packages that were loaded before tracing started: their instrumentation comes too late, and silence would look
 * like an app that does nothing. All that are found in one go are named in one warning.
 */
export class EarlyLoads {
  readonly #packages: ReadonlySet<string>
  readonly #found = new Set<string>()

  constructor(packages: ReadonlySet<string>) {
    this.#packages = packages
  }

  /** Looks for packages among the paths of what has been required, or imported and is CommonJS. */
  lookAt(paths: readonly string[]): void {
    for (const path of paths) this.found(packageNameOf(path))
  }

  /**
   * A package that requires something, but was not seen to be resolved itself: it is part of an ECMAScript module graph
   * that was linked before tracing started in it.
   */
  found(packageName: string | undefined): void {
    if (packageName === undefined || !this.#packages.has(packageName) || this.#found.has(packageName)) return
    this.#found.add(packageName)
    if (this.#found.size === 1) setImmediate(() => this.#warn()).unref()
  }

  /** Those found so far that the app misses something of. */
  packages(): readonly string[] {
    // Express brings its router along, which is nothing that the app has loaded.
    if (this.#found.has('express')) this.#found.delete('router')
    // Their adapter is all that the app wants of them, and it works whenever the logger was made.
    for (const library of ['bunyan', 'pino']) if (hasAdapter(library)) this.#found.delete(library)
    return [...this.#found].sort()
  }

  #warn(): void {
    const packages = this.packages()
    if (packages.length === 0) return
    findings.latePackages.push(...packages)
    const names = packages.join(', ')
    warnOnce(
      'late load',
      `not traced, because loaded before tracing started: ${names}. ` +
        'Start the app by "node --import spanwright/register", or import it after the start: await import("./app.js")',
    )
  }
}
