import { warnOnce } from '../diagnostics/diagnostics.js'
import { isInRange, rangeInWords, type NumberRange } from '../checks/validate.js'

/**
 * The only reader of `process.env`. As the OpenTelemetry specification asks, a variable that is empty or blank counts as
 * unset ("Parsing empty value", Environment Variable Specification).
 */
export function readEnv(name: string): string | undefined {
  const value = process.env[name]?.trim()
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
 * Runs fn, synchronously, while the variables that match are hidden, and others stand in. OpenTelemetry's parts read
 * variables of their own when they are constructed; what has been settled before must not be read once more.
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

/** For the command line: exchanges the variables that match for those of another process. */
export function adoptEnv(pattern: RegExp, values: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(envMatching(pattern))) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, values)
}

/** For a child process: all variables, and more. */
export function envWith(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...more }
}

/** What Node.js would preload in a thread of ours, and what has been read by then. */
const NOT_FOR_THREAD = /^(NODE_OPTIONS$|SPANWRIGHT_|OTEL_(?!EXPORTER_))/

/** A copy for a thread of ours. Whether to follow the proxies of the environment is said there, too: flags don't get there. */
export function envForThread(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !NOT_FOR_THREAD.test(name))
  const env = Object.fromEntries(kept) as Record<string, string>
  if (!followsEnvironmentProxies()) return env
  // grpc-js reads the names in lower case only.
  for (const name of PROXY_VARIABLES) env[name.toLowerCase()] ??= env[name] ?? ''
  return { ...env, NODE_USE_ENV_PROXY: '1' }
}

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const

/** Whether Node.js was told to send requests by the proxies of HTTP_PROXY and its kin: by a flag, or by NODE_USE_ENV_PROXY=1. */
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

/** A number from the environment; a wrong one is told once and counts as unset. */
export function readEnvNumber(name: string, range: NumberRange): number | undefined {
  const text = readEnv(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (isInRange(value, range)) return value
  warnOfEnvValue(name, rangeInWords(range), 'the default is used')
  return undefined
}

export function warnOfEnvValue(name: string, allowed: string, instead: string): void {
  warnOnce(`${name} ${instead}`, `${name} must be ${allowed}, got "${readEnv(name)}"; ${instead}`)
}
