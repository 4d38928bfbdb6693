import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import { warnOnce } from '../internal/diagnostics.js'
import type { ResponseHook } from './http-hooks.js'
import { CATALOGUE, packageOf, type CatalogueEntry } from './catalogue.js'

/**
 * Options of instrumentations by package name, in the shape that `getNodeAutoInstrumentations` of
 * `@opentelemetry/auto-instrumentations-node` takes: `{ '@opentelemetry/instrumentation-http': { … } }`.
 * `enabled: false` switches one off, `enabled: true` switches on one that is off by default.
 */
export type InstrumentationConfigMap = Readonly<Record<string, InstrumentationConfig>>

/** What decides which instrumentations are wanted. */
export interface InstrumentationChoice {
  readonly config: InstrumentationConfigMap
  /** Names (without the package prefix) that are the only ones wanted; undefined: the defaults. */
  readonly enabledNames: readonly string[] | undefined
  readonly disabledNames: readonly string[]
  readonly metricsAreOn: boolean
  readonly logsAreOn: boolean
  readonly inLambda: boolean
  /** Sees the responses of http servers. */
  readonly onResponse?: ResponseHook | undefined
}

/** The instrumentations that the user wants, by upstream's rules: code first, then the lists in the environment. */
export function selectInstrumentations(choice: InstrumentationChoice): readonly CatalogueEntry[] {
  warnOfUnknownNames(choice)
  return CATALOGUE.filter((entry) => {
    const enabled = choice.config[packageOf(entry)]?.enabled
    if (enabled !== undefined) return enabled
    if (choice.disabledNames.includes(entry.name)) return false
    if (choice.enabledNames) return choice.enabledNames.includes(entry.name)
    if (entry.wanted === 'with-metrics') return choice.metricsAreOn
    if (entry.wanted === 'in-lambda') return choice.inLambda
    return entry.wanted === 'default'
  })
}

function warnOfUnknownNames({ config, enabledNames = [], disabledNames }: InstrumentationChoice): void {
  const known = new Set(CATALOGUE.map(packageOf))
  const asked = [...Object.keys(config), ...[...enabledNames, ...disabledNames].map((name) => packageOf({ name }))]
  for (const packageName of asked) {
    if (known.has(packageName)) continue
    warnOnce(`instrumentation ${packageName}`, `there is no instrumentation "${packageName}"; the name is ignored`)
  }
}
