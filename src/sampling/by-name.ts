import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace'

/** How the caller tells of a wrong name or argument; the sampler then falls back as the specification asks. */
export interface SamplerComplaints {
  unknownName(knownNames: readonly string[]): void
  wrongArgument(allowed: string, instead: string): void
}

const PARENT_BASED = 'parentbased_'

const ROOTS: Readonly<Record<string, (argument: string | undefined, complaints: SamplerComplaints) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (argument, complaints) => new TraceIdRatioBasedSampler(ratio(argument, complaints)),
}

const SAMPLER_NAMES: readonly string[] = Object.keys(ROOTS).flatMap((name) => [name, PARENT_BASED + name])

/**
 * The samplers of OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. Undefined where the name is not known: the SDK's default,
 * parentbased_always_on, then holds.
 */
export function samplerByName(
  name: string,
  argument: string | undefined,
  complaints: SamplerComplaints,
): Sampler | undefined {
  const rootName = name.startsWith(PARENT_BASED) ? name.slice(PARENT_BASED.length) : name
  const root = Object.hasOwn(ROOTS, rootName) ? ROOTS[rootName]?.(argument, complaints) : undefined
  if (!root) {
    complaints.unknownName(SAMPLER_NAMES)
    return undefined
  }
  return rootName === name ? root : new ParentBasedSampler({ root })
}

/** Specification: without an argument, or with a wrong one, the ratio is 1. */
function ratio(argument: string | undefined, complaints: SamplerComplaints): number {
  if (argument === undefined) return 1
  const value = Number(argument)
  if (value >= 0 && value <= 1) return value
  complaints.wrongArgument('a number from 0 to 1', 'the ratio is 1')
  return 1
}
