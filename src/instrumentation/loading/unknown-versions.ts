import type { InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { packageOf, type CatalogueEntry } from '../catalogue.js'

/**
 * Logs once that a package has loaded in a version that its instrumentation does not know. An instrumentation may know several
 * packages, and each in several ranges: what counts is that nothing at all has been patched once the package has loaded.
 */
export class UnknownVersions {
  readonly #entry: CatalogueEntry
  readonly #warnOnce: (key: string, message: string) => void
  readonly #ranges = new Map<string, string[]>()
  #hasPatched = false

  constructor(entry: CatalogueEntry, warnOnce: (key: string, message: string) => void) {
    this.#entry = entry
    this.#warnOnce = warnOnce
  }

  known({ name, supportedVersions }: InstrumentationModuleDefinition): void {
    this.#ranges.set(name, [...(this.#ranges.get(name) ?? []), ...supportedVersions])
  }

  patched(): void {
    this.#hasPatched = true
  }

  /** Called for each of the definitions that are of the package. */
  loaded(name: string, version: string | undefined): void {
    if (this.#hasPatched || version === undefined) return
    process.nextTick(() => {
      if (this.#hasPatched) return
      const ranges = this.#ranges.get(name)?.join(', ')
      const instrumentation = this.#entry.name
      this.#warnOnce(
        `version of ${name}`,
        `${name} ${version} is not traced: ${packageOf(this.#entry)} knows the versions ${ranges}. ` +
          `OTEL_NODE_DISABLED_INSTRUMENTATIONS=${instrumentation} leaves it out without this line`,
      )
    })
  }
}
