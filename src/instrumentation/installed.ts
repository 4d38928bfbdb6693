import type { Instrumentation } from '@opentelemetry/instrumentation'
import { processWide } from '../internal/runtime/process-wide.js'
import type { CatalogueEntry } from './catalogue.js'
import type { InstrumentationChoice } from './selection.js'

/** What this process has of instrumentations. */
export interface Installed {
  hooksAreSet: boolean
  /** Of the start that counts, for what starts later. */
  choice?: InstrumentationChoice
  /** Without an entry: an instrumentation of the library's own. */
  readonly started: { readonly instrumentation: Instrumentation; readonly entry?: CatalogueEntry }[]
  /** Those that start as soon as their package loads, and those that have. */
  wanted: readonly CatalogueEntry[]
  /** Packages that were loaded before tracing started. */
  tooLate: () => readonly string[]
}

export const installed: Installed = processWide('instrumentations', (): Installed => ({
  hooksAreSet: false,
  started: [],
  wanted: [],
  tooLate: () => [],
}))
