import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import { checkPlainObject, unknownOption, outOfRange } from '../internal/checks/validate.js'
import { nearestOf } from '../internal/matching/nearest.js'
import { CATALOGUE, packageOf } from './catalogue.js'
import type { InstrumentationConfigMap } from './config-types.js'
import { FASTIFY_OTEL } from './frameworks/fastify.js'

/** Fastify is in no catalogue: what traces it comes with the app. */
export const FASTIFY = 'fastify'

/** Options by short names. */
export type ConfigByShortName = Readonly<Record<string, InstrumentationConfig | undefined>>

const PACKAGE_PREFIX = packageOf({ name: '' })
const KNOWN: ReadonlySet<string> = new Set([...CATALOGUE.map(({ name }) => name), FASTIFY])

/** `http` for `http` and `@opentelemetry/instrumentation-http` alike; undefined where there is no such instrumentation. */
export function shortNameOf(name: string): string | undefined {
  const short = name === FASTIFY_OTEL ? FASTIFY : withoutPrefix(name)
  return KNOWN.has(short) ? short : undefined
}

/** The known names that a wrong one was most likely meant to be, for messages: ` (nearest: http)`, or nothing. */
export function nearestNames(name: string): string {
  const nearest = nearestOf(withoutPrefix(name), [...KNOWN])
  return nearest.length === 0 ? '' : ` (nearest: ${nearest.join(', ')})`
}

/** Options of the user's by short names. They have been checked. */
export function byShortName(config: InstrumentationConfigMap = {}): ConfigByShortName {
  const entries = Object.entries(config) as [string, InstrumentationConfig | undefined][]
  return Object.fromEntries(
    entries.flatMap(([name, options]) => (options === undefined ? [] : [[shortNameOf(name) ?? name, options]])),
  )
}

/** Throws a TracingConfigError for a name that is none or stands there twice, and for options that are no object. */
export function checkInstrumentationConfig(config: object | undefined): void {
  checkPlainObject(OPTION, config)
  const given = new Map<string, string>()
  for (const [name, options] of Object.entries(config ?? {})) {
    const option = `${OPTION}.${name}`
    const short = shortNameOf(name)
    if (short === undefined) throw unknownOption(option, `the name of an instrumentation${nearestNames(name)}`, name)
    checkPlainObject(option, options)
    if (options === undefined) continue
    const other = given.get(short)
    if (other !== undefined) {
      throw outOfRange(option, `left out, since ${OPTION}.${other} is the same instrumentation`, options)
    }
    given.set(short, name)
  }
}

const OPTION = 'instrumentationConfig'

const withoutPrefix = (name: string): string =>
  name.startsWith(PACKAGE_PREFIX) ? name.slice(PACKAGE_PREFIX.length) : name
