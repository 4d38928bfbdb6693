import { attempt } from '../checks/attempt.js'
import { warnOnce } from '../diagnostics/diagnostics.js'
import { isInRange, rangeInWords, type NumberRange } from '../checks/validate.js'

/**
 * The only reader of `process.env`. As the OpenTelemetry specification asks, a variable that is empty or blank counts as
 * unset ("Parsing empty value", Environment Variable Specification). So does one that may not be read (Deno asks for
 * `--allow-env`).
 */
export function readEnv(name: string): string | undefined {
  const value = attempt(() => process.env[name]?.trim(), undefined)
  return value === '' ? undefined : value
}

/** A comma-separated list; undefined when unset, entries trimmed, empty entries left out. */
export function readEnvList(name: string): readonly string[] | undefined {
  const list = readEnv(name)
    ?.split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  return list && list.length > 0 ? list : undefined
}

/**
 * Runs fn, synchronously, while the variables that match are hidden, and others stand in. Only for parts of OpenTelemetry
 * that read variables when they are constructed and take no option instead; each caller names the part.
 */
export function withoutEnv<T>(pattern: RegExp, fn: () => T, standIns: Readonly<Record<string, string>> = {}): T {
  const before = { ...process.env }
  for (const name of Object.keys(before)) if (pattern.test(name)) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, standIns)
  try {
    return fn()
  } finally {
    for (const name of Object.keys(standIns)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, before)
  }
}

/** The variables whose names match, as they are. */
export function envMatching(pattern: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (pattern.test(name) && value ? [[name, value]] : [])),
  )
}

/** For a child process: all variables, and more. */
export function envWith(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...more }
}

/**
 * What Node.js and grpc-js read by themselves when they connect: proxies, TLS, debugging; and AWS's packages when they look for
 * credentials. Not what Node.js would preload.
 */
const OF_CONNECTIONS =
  /^(NODE_(?!OPTIONS$)|SSL_|GRPC_|(GRPC|HTTPS?|NO|NO_GRPC)_PROXY$|AWS_|(HOME|USERPROFILE|HOMEDRIVE|HOMEPATH|PATH)$)/i

/** The variables of the delivery thread. Whether to follow the proxies of the environment is said here: flags don't get there. */
export function envForThread(): Record<string, string> {
  const env = envMatching(OF_CONNECTIONS)
  if (!followsEnvironmentProxies()) return env
  // grpc-js reads the names in lower case only.
  for (const name of PROXY_VARIABLES) env[name.toLowerCase()] ??= env[name] ?? ''
  return { ...env, NODE_USE_ENV_PROXY: '1' }
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const

/** Whether Node.js sends requests by the proxies of HTTP_PROXY and its kin: by a flag, or by NODE_USE_ENV_PROXY=1. */
export function followsEnvironmentProxies(): boolean {
  const flags = [...(process.env.NODE_OPTIONS?.split(/\s+/) ?? []), ...process.execArgv]
  const last = flags.findLast((flag) => flag === '--use-env-proxy' || flag === '--no-use-env-proxy')
  return last === undefined ? process.env.NODE_USE_ENV_PROXY === '1' : last === '--use-env-proxy'
}

/** The proxies of the environment, as Node.js reads them: the names in lower case take precedence. */
export function environmentProxies(): Record<string, string> {
  const entries = PROXY_VARIABLES.map((name) => [name, readEnv(name.toLowerCase()) ?? readEnv(name)] as const)
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** A number from the environment; a wrong one is logged once and counts as unset. */
export function readEnvNumber(name: string, range: NumberRange): number | undefined {
  const text = readEnv(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (isInRange(value, range)) return value
  warnOfEnvValue(name, rangeInWords(range), 'the default is used')
  return undefined
}

/** One of a few words, in any case; another one is logged once and counts as unset. */
export function readEnvChoice<T>(name: string, choices: Readonly<Record<string, T>>, instead: string): T | undefined {
  const value = readEnv(name)?.toLowerCase()
  if (value === undefined) return undefined
  if (Object.hasOwn(choices, value)) return choices[value]
  warnOfEnvValue(name, Object.keys(choices).join(' or '), instead)
  return undefined
}

export function warnOfEnvValue(name: string, allowed: string, instead: string): void {
  warnOnce(`${name} ${instead}`, `${name} must be ${allowed}, got "${readEnv(name)}"; ${instead}`)
}
