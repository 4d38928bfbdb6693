import type { Sampler } from '@opentelemetry/sdk-trace'
import { keepsAllByDefault, mainOptionOf, SAMPLER_NAMES, samplerFromName, type NamedOptions } from './registry.js'
import { TracingConfigError } from '../../internal/checks/validate.js'

/**
 * The options in OTEL_TRACES_SAMPLER_ARG: `0.1` or a path sets the sampler's main option, `ratio=0.05,slowMillis=500` each
 * by its name. Numbers, booleans and, of a ratio, percentages are read as such, all else stays text, for the sampler to check.
 */
export function optionsInArgument(text: string, mainOption: string | undefined): NamedOptions {
  if (mainOption !== undefined && !/^\s*\w+=/.test(text)) return { [mainOption]: valueOf(mainOption, text.trim()) }
  const pairs = text.split(',').map((pair): [string, unknown] => {
    const equals = pair.indexOf('=')
    const name = (equals < 0 ? pair : pair.slice(0, equals)).trim()
    return [name, equals < 0 ? '' : valueOf(name, pair.slice(equals + 1).trim())]
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

function valueOf(name: string, text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  const percent = /ratio$/i.test(name) ? /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1] : undefined
  if (percent !== undefined) return Number(percent) / 100
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
}

/** How the caller logs a wrong name or argument; the sampler then falls back as the specification asks. */
export interface SamplerComplaints {
  unknownName(knownNames: readonly string[]): void
  wrongArgument(problem: string, instead: string): void
}

/**
 * The samplers of OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. A wrong argument counts as unset. Undefined where the name
 * is not known, or the sampler can't do without an argument: the default, parentbased_always_on, then holds.
 *
 * @param defaults options for what the argument leaves out, by the sampler's name without `parentbased_`
 */
export function samplerFromEnvironmentName(
  name: string,
  argument: string | undefined,
  complaints: SamplerComplaints,
  defaults: Readonly<Record<string, NamedOptions>> = {},
): Sampler | undefined {
  if (!SAMPLER_NAMES.includes(name)) {
    complaints.unknownName(SAMPLER_NAMES)
    return undefined
  }
  const own = defaults[name.replace(/^parentbased_/, '')]
  const make = (options: NamedOptions): Sampler => samplerFromName(name, { ...own, ...options })
  try {
    return make(argument === undefined ? {} : optionsInArgument(argument, mainOptionOf(name)))
  } catch (error) {
    if (!(error instanceof TracingConfigError)) throw error
    const withoutArgument = argument === undefined ? undefined : made(() => make({}))
    const instead = withoutArgument?.toString() ?? 'parentbased_always_on'
    const keeps = !withoutArgument || keepsAllByDefault(name) ? ', which keeps every trace that begins here' : ''
    complaints.wrongArgument(error.message, `${instead} is used${keeps}`)
    return withoutArgument
  }
}

function made(make: () => Sampler): Sampler | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
