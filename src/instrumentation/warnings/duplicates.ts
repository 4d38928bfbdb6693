import { diag, type TracerProvider } from '@opentelemetry/api'
import { PREFIX } from '../../internal/diagnostics/diagnostics.js'
import { CATALOGUE, packageOf, type CatalogueEntry } from '../catalogue.js'

const BY_PACKAGE: ReadonlyMap<string, CatalogueEntry> = new Map(CATALOGUE.map((entry) => [packageOf(entry), entry]))

/**
 * Instrumentations that the app has started by itself (as an option, by `registerInstrumentations`, with another SDK), by the
 * names of their packages. They have what the app has configured, so they take precedence over ours. They show by
 * asking the provider for a tracer by the name of the instrumentation.
 */
export class DuplicateInstrumentations {
  readonly #ofTheApp = new Set<string>()
  readonly #found: (entry: CatalogueEntry) => void
  #isOursAsking = false

  /** @param found called once for each */
  constructor(found: (entry: CatalogueEntry) => void) {
    this.#found = found
  }

  has(entry: CatalogueEntry): boolean {
    return this.#ofTheApp.has(packageOf(entry))
  }

  add(packageName: string): void {
    const entry = BY_PACKAGE.get(packageName)
    if (!entry || this.#ofTheApp.has(packageName)) return
    this.#ofTheApp.add(packageName)
    diag.info(`${PREFIX}the app has started ${packageName} by itself, which takes precedence over ours`)
    this.#found(entry)
  }

  /** Runs fn, which starts an instrumentation of ours or gives it a tracer. */
  ours<T>(fn: () => T): T {
    const before = this.#isOursAsking
    this.#isOursAsking = true
    try {
      return fn()
    } finally {
      this.#isOursAsking = before
    }
  }

  /** Notices by which names tracers are asked for. */
  watch(provider: TracerProvider): void {
    const getTracer = provider.getTracer.bind(provider)
    provider.getTracer = (name, version, options) => {
      if (!this.#isOursAsking) this.add(name)
      return getTracer(name, version, options)
    }
  }
}
