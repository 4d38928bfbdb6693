import { warnOnce } from '../internal/diagnostics/diagnostics.js'
import type { CapturedHeaders } from './http/request-options.js'
import type { ResponseHook } from './http/http-hooks.js'
import { CATALOGUE, type CatalogueEntry } from './catalogue.js'
import type { ContextOfRequest } from './frameworks/in-process-requests.js'
import { FASTIFY, nearestNames, shortNameOf, type ConfigByShortName } from './names.js'

/** What decides which instrumentations are wanted. */
export interface InstrumentationChoice {
  readonly config: ConfigByShortName
  /** Names (short ones, or of packages) that are the only ones wanted; undefined: the defaults. */
  readonly enabledNames: readonly string[] | undefined
  readonly disabledNames: readonly string[]
  readonly metricsAreOn: boolean
  readonly logsAreOn: boolean
  readonly inLambda: boolean
  readonly captureHeaders?: CapturedHeaders | undefined
  /** Sees the responses of http servers. */
  readonly onResponse?: ResponseHook | undefined
  /** Gives a request within a request a span of its own. */
  readonly contextOfRequest?: ContextOfRequest | undefined
}

/** The instrumentations that the user wants, by upstream's rules: code first, then the lists in the environment. */
export function selectInstrumentations(choice: InstrumentationChoice): readonly CatalogueEntry[] {
  warnOfUnknownNames(choice)
  return CATALOGUE.filter((entry) => {
    const asked = askedFor(entry.name, choice)
    if (asked !== undefined) return asked
    if (entry.wanted === 'with-metrics') return choice.metricsAreOn
    if (entry.wanted === 'in-lambda') return choice.inLambda
    return entry.wanted === 'default'
  })
}

/** Fastify is in no catalogue: what traces it comes with the app, and is chosen by the same rules. */
export function wantsFastify(choice: InstrumentationChoice): boolean {
  return askedFor(FASTIFY, choice) ?? true
}

function askedFor(name: string, { config, enabledNames, disabledNames }: InstrumentationChoice): boolean | undefined {
  const isMeant = (listed: string): boolean => shortNameOf(listed) === name
  const enabled = config[name]?.enabled
  if (enabled !== undefined) return enabled
  if (disabledNames.some(isMeant)) return false
  return enabledNames?.some(isMeant)
}

function warnOfUnknownNames({ enabledNames = [], disabledNames }: InstrumentationChoice): void {
  for (const name of [...enabledNames, ...disabledNames]) {
    if (shortNameOf(name) !== undefined) continue
    warnOnce(
      `instrumentation ${name}`,
      `there is no instrumentation "${name}"${nearestNames(name)}; the name is ignored`,
    )
  }
}
