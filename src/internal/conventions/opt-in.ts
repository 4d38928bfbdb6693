import { readEnv } from '../runtime/env.js'

/** What the semantic conventions have a value of `OTEL_SEMCONV_STABILITY_OPT_IN` for, and generative AI. */
export type Domain = 'database' | 'gen_ai' | 'http' | 'messaging' | 'rpc'

/**
 * The domains of which spans get both former and current names: `http/dup`. Current ones are there in any case, so that `http`
 * changes nothing.
 */
export function duplicatedDomains(): ReadonlySet<string> {
  const listed = (readEnv('OTEL_SEMCONV_STABILITY_OPT_IN') ?? '').toLowerCase().split(',')
  return new Set(listed.flatMap((value) => /^\s*(\w+)\/dup\s*$/.exec(value)?.[1] ?? []))
}
