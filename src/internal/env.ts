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
 * Runs fn while the variables that match are hidden. OpenTelemetry's exporters read their own variables when they are
 * constructed; where a configuration file speaks alone, they must not find any.
 */
export function withoutEnv<T>(pattern: RegExp, fn: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => pattern.test(name))
  for (const [name] of hidden) Reflect.deleteProperty(process.env, name)
  try {
    return fn()
  } finally {
    for (const [name, value] of hidden) process.env[name] = value
  }
}
