import { parseArgs } from 'node:util'
import { BACKEND_NAMES, type BackendName } from './backends.js'
import { policyFrom, type Policy } from './policies.js'
import { NEWEST_CHECKED, versionFrom, type CollectorVersion } from './version.js'

/** Undefined: one collector does the work of both. */
export type Tier = 'agent' | 'gateway' | undefined

export interface CollectorConfigArguments {
  readonly help: boolean
  readonly tier: Tier
  readonly backends: readonly BackendName[]
  readonly policies: readonly Policy[]
  readonly gateways: Gateways
  readonly version: CollectorVersion
}

/** Where an agent finds the gateways: one after the other by address, or all by the name of a headless Service. */
export type Gateways =
  | { readonly kind: 'static'; readonly addresses: readonly string[] }
  | { readonly kind: 'dns'; readonly host: string; readonly port: string }

const DEFAULT_POLICIES = ['errors', 'slow=1s', 'rest=10%']
const DEFAULT_GATEWAYS = 'gateway-0:4317,gateway-1:4317'

/** @throws Error with a message for the user */
export function collectorConfigArguments(args: readonly string[]): CollectorConfigArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      tier: { type: 'string' },
      backend: { type: 'string', multiple: true },
      policy: { type: 'string', multiple: true },
      gateways: { type: 'string' },
      'collector-version': { type: 'string', default: NEWEST_CHECKED },
    },
  })
  const tier = values.tier === undefined ? undefined : oneOf('--tier', values.tier, ['agent', 'gateway'] as const)
  const ofOtherTier = tier === 'agent' ? (['backend', 'policy'] as const) : (['gateways'] as const)
  for (const name of ofOtherTier) {
    if (values[name] === undefined) continue
    const where = name === 'gateways' ? 'the agent: --tier agent' : 'the gateway: --tier gateway'
    throw new Error(`--${name} is a matter of ${where}`)
  }
  return {
    help: values.help,
    tier,
    backends: (values.backend ?? ['otlp']).map((name) => oneOf('--backend', name, BACKEND_NAMES)).filter(isFirst),
    policies: policiesFrom(values.policy ?? DEFAULT_POLICIES),
    gateways: gatewaysFrom(values.gateways ?? DEFAULT_GATEWAYS),
    version: versionFrom(values['collector-version']),
  }
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value)
  if (found === undefined) throw new Error(`${flag} must be one of ${allowed.join(', ')}, got "${value}"`)
  return found
}

const isFirst = <T>(item: T, index: number, all: readonly T[]): boolean => all.indexOf(item) === index

function policiesFrom(texts: readonly string[]): readonly Policy[] {
  const policies = texts.map(policyFrom)
  for (const [index, { name }] of policies.entries()) {
    if (policies.findIndex((other) => other.name === name) !== index) throw new Error(`--policy ${name} is there twice`)
  }
  return policies
}

/** Letters, digits, dots and dashes, so that it can stand in YAML as it is. */
const ADDRESS = /^([\w.-]+):(\d{1,5})$/

function gatewaysFrom(text: string): Gateways {
  const [kind, rest] = text.startsWith('dns:') ? (['dns', text.slice(4)] as const) : (['static', text] as const)
  const addresses = rest.split(',').map((address) => ADDRESS.exec(address.trim()))
  const [first] = addresses
  if (addresses.includes(null) || !first || (kind === 'dns' && addresses.length > 1)) {
    throw new Error(`--gateways must be host:port,host:port or dns:host:port, got "${text}"`)
  }
  if (kind === 'dns') return { kind, host: first[1] ?? '', port: first[2] ?? '' }
  return { kind, addresses: addresses.flatMap((address) => address?.[0] ?? []) }
}
