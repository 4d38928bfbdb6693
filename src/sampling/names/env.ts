import type { Sampler } from '@opentelemetry/sdk-trace'
import { TracingConfigError } from '../../internal/checks/errors.js'
import { optionsInArgument } from './argument.js'
import { keepsAllByDefault, mainOptionOf, SAMPLER_NAMES, samplerFromName, type NamedOptions } from './registry.js'

/** How the caller tells of a wrong name or argument; the sampler then falls back as the specification asks. */
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
