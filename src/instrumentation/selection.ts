import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import { warnOnce } from '../internal/diagnostics.js'
import type { ResponseHook } from './http-hooks.js'
import { CATALOGUE, packageOf, type CatalogueEntry } from './catalogue.js'
import { FASTIFY_OTEL } from './fastify-otel.js'

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
    const asked = askedFor(entry.name, packageOf(entry), choice)
    if (asked !== undefined) return asked
    if (entry.wanted === 'with-metrics') return choice.metricsAreOn
    if (entry.wanted === 'in-lambda') return choice.inLambda
    return entry.wanted === 'default'
  })
}

const FASTIFY = 'fastify'

/** Fastify is in no catalogue: what traces it comes with the app, and is chosen by the same rules. */
export function wantsFastify(choice: InstrumentationChoice): boolean {
  return askedFor(FASTIFY, FASTIFY_OTEL, choice) ?? true
}

function askedFor(name: string, packageName: string, choice: InstrumentationChoice): boolean | undefined {
  const enabled = choice.config[packageName]?.enabled
  if (enabled !== undefined) return enabled
  if (choice.disabledNames.includes(name)) return false
  return choice.enabledNames?.includes(name)
}

function warnOfUnknownNames({ config, enabledNames = [], disabledNames }: InstrumentationChoice): void {
  const known = new Set([...CATALOGUE.map(packageOf), packageOf({ name: FASTIFY }), FASTIFY_OTEL])
  const asked = [...Object.keys(config), ...[...enabledNames, ...disabledNames].map((name) => packageOf({ name }))]
  for (const packageName of asked) {
    if (known.has(packageName)) continue
    warnOnce(`instrumentation ${packageName}`, `there is no instrumentation "${packageName}"; the name is ignored`)
  }
}
