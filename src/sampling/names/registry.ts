import { AlwaysOffSampler, AlwaysOnSampler, TraceIdRatioBasedSampler, type Sampler } from '@opentelemetry/sdk-trace'
import { checkNumber, outOfRange, unknownOption } from '../../internal/checks/validate.js'
import { dynamicSampler, type DynamicSamplerOptions } from '../samplers/dynamic.js'
import { errorBiasedSampler } from '../samplers/error-biased.js'
import { checkSamplerOptions } from '../decision/options.js'
import { parentBased } from '../samplers/parent-based.js'
import { probabilitySampler } from '../samplers/probability.js'
import { rateLimitingSampler, type RateLimitingOptions } from '../samplers/rate-limiting.js'
import { remoteSampler, type RemoteOptions } from '../remote/remote-sampler.js'
import { ruleFileSampler, type RuleFileOptions, type RuleFileSampler } from '../rules/rule-file.js'

/** Options as text brings them, from a variable or a file; each sampler checks its own. */
export type NamedOptions = Readonly<Record<string, unknown>>

interface NamedSampler {
  readonly make: (options: NamedOptions) => Sampler
  /** What a bare argument means. */
  readonly main?: string
  /** Holds where nothing else is said. */
  readonly defaults?: NamedOptions
}

const PARENT_BASED = 'parentbased_'
const TRACES_PER_SECOND = 100

// Each sampler checks what it is given: a wrong type throws there, with the option's name.
const SAMPLERS: Readonly<Record<string, NamedSampler>> = {
  // The specification's own three stay stock: no `th`, so no tracestate header that was not asked for.
  always_on: { make: (options) => withoutOptions(options, () => new AlwaysOnSampler()) },
  always_off: { make: (options) => withoutOptions(options, () => new AlwaysOffSampler()) },
  traceidratio: {
    make: (options) => new TraceIdRatioBasedSampler(ratioIn(options)),
    main: 'ratio',
    defaults: { ratio: 1 },
  },
  probability: { make: (options) => probabilitySampler(ratioIn(options)), main: 'ratio', defaults: { ratio: 1 } },
  rate_limiting: {
    make: (options) => rateLimitingSampler(options as unknown as RateLimitingOptions),
    main: 'maxTracesPerSecond',
    defaults: { maxTracesPerSecond: TRACES_PER_SECOND },
  },
  dynamic: {
    make: (options) => dynamicSampler(options as unknown as DynamicSamplerOptions),
    main: 'goalTracesPerSecond',
    defaults: { goalTracesPerSecond: TRACES_PER_SECOND },
  },
  error_biased: { make: (options) => errorBiasedSampler(options), main: 'ratio' },
  rule_based: {
    make: (options) => ruleFileSampler({ ...options, samplerFromName } as RuleFileOptions),
    main: 'file',
  },
  jaeger_remote: {
    make: jaegerRemote,
    main: 'endpoint',
    defaults: { endpoint: 'http://localhost:5778/sampling' },
  },
}

export const SAMPLER_NAMES: readonly string[] = Object.keys(SAMPLERS).flatMap((name) => [name, PARENT_BASED + name])

/** The option that a bare argument of this sampler sets. */
export function mainOptionOf(name: string): string | undefined {
  return SAMPLERS[rootNameOf(name)]?.main
}

/** Whether the sampler keeps every trace that begins here, where it is given no argument. */
export function keepsAllByDefault(name: string): boolean {
  return SAMPLERS[rootNameOf(name)]?.defaults?.ratio === 1
}

/**
 * A sampler by the name that OTEL_TRACES_SAMPLER, a file of rules or a configuration file has for it.
 *
 * @throws TracingConfigError for a name that is not known, or an option that is wrong.
 */
export function samplerFromName(name: string, options: NamedOptions): Sampler {
  const rootName = rootNameOf(name)
  const named = Object.hasOwn(SAMPLERS, rootName) ? SAMPLERS[rootName] : undefined
  if (!named) throw outOfRange('sampler', `one of ${SAMPLER_NAMES.join(', ')}`, name)
  const root = named.make({ ...named.defaults, ...options })
  return rootName === name ? root : parentBased(root)
}

function rootNameOf(name: string): string {
  return name.startsWith(PARENT_BASED) ? name.slice(PARENT_BASED.length) : name
}

function withoutOptions(options: NamedOptions, make: () => Sampler): Sampler {
  const [first] = Object.entries(options)
  if (!first) return make()
  throw unknownOption(first[0], 'left out: this sampler has no options', first[1])
}

function ratioIn(options: NamedOptions): number {
  checkSamplerOptions(options, ['ratio'])
  checkNumber('ratio', options.ratio, { min: 0, max: 1 })
  return options.ratio as number
}

/** With the specification's own names for two options of OTEL_TRACES_SAMPLER_ARG. */
function jaegerRemote({ pollingIntervalMs, initialSamplingRate, ...others }: NamedOptions): Sampler {
  checkNumber('pollingIntervalMs', pollingIntervalMs, { min: 1 })
  checkNumber('initialSamplingRate', initialSamplingRate, { min: 0, max: 1 })
  return remoteSampler({
    ...(typeof pollingIntervalMs === 'number' && { pollMillis: pollingIntervalMs }),
    ...(typeof initialSamplingRate === 'number' && { initialSampler: probabilitySampler(initialSamplingRate) }),
    ...others,
  } as RemoteOptions)
}

/** Options of {@link watchedRuleSampler}. */
export type WatchedRuleOptions = Omit<RuleFileOptions, 'samplerFromName'>

/**
 * {@link ruleBasedSampler} with its rules in a JSON file that is watched, and in which samplers have the names of
 * OTEL_TRACES_SAMPLER. A wrong file is logged, and the last good rules stay. `close()` ends the watching; a running
 * `startTracing` does so at its shutdown.
 *
 * @throws TracingConfigError for a wrong option, or when the file can't be used at the start.
 */
export function watchedRuleSampler(options: WatchedRuleOptions): RuleFileSampler {
  return ruleFileSampler({ ...options, samplerFromName })
}
