import type { Yaml } from './yaml.js'

/** Which whole traces a gateway keeps. A trace is kept that one of them wants. */
export interface Policy {
  /** As the user wrote it, without the value. */
  readonly name: string
  /** What it keeps, for a comment. */
  readonly words: string
  /** As `tail_sampling` has it, without the name. */
  readonly settings: Readonly<Record<string, Yaml>>
}

export const POLICY_FORMS = 'errors, slow=DURATION, rest=PERCENT, service=NAME, attribute=KEY:VALUE'

const MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

/** @throws Error with a message for the user */
export function policyFrom(text: string): Policy {
  const [name = '', ...rest] = text.split('=')
  const value = rest.join('=').trim()
  const policy = POLICIES[name.trim()]?.(value)
  if (!policy) throw new Error(`--policy must be one of ${POLICY_FORMS}, got "${text}"`)
  return { ...policy, name: policy.name }
}

const POLICIES: Readonly<Record<string, ((value: string) => Policy | undefined) | undefined>> = {
  errors: (value) =>
    value === ''
      ? {
          name: 'errors',
          words: 'traces with an error in any service',
          settings: { type: 'status_code', status_code: { status_codes: ['ERROR'] } },
        }
      : undefined,
  slow(value) {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(value)
    const threshold_ms = Math.round(Number(match?.[1]) * (MILLIS[match?.[2] ?? ''] ?? Number.NaN))
    if (!(threshold_ms > 0)) return undefined
    return {
      name: 'slow',
      words: `traces that take longer than ${value}, from the first start to the last end`,
      settings: { type: 'latency', latency: { threshold_ms } },
    }
  },
  rest(value) {
    const sampling_percentage = Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(value)?.[1])
    if (!(sampling_percentage >= 0 && sampling_percentage <= 100)) return undefined
    return {
      name: 'rest',
      words: `${value} of all traces, by a hash of the trace id`,
      settings: { type: 'probabilistic', probabilistic: { sampling_percentage } },
    }
  },
  service: (value) =>
    withAttribute(`service ${value}`, 'service.name', value, `traces with a span of the service ${value}`),
  attribute(value) {
    const colon = value.indexOf(':')
    const [key, wanted] = [value.slice(0, colon), value.slice(colon + 1)]
    if (colon < 1) return undefined
    return withAttribute(`attribute ${value}`, key, wanted, `traces with ${key} = ${wanted} on a span or its resource`)
  },
}

function withAttribute(name: string, key: string, value: string, words: string): Policy | undefined {
  if (key.trim() === '' || value.trim() === '' || /[\r\n]/.test(key + value)) return undefined
  return { name, words, settings: { type: 'string_attribute', string_attribute: { key, values: [value] } } }
}
