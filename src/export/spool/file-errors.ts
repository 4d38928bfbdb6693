/** What the function returns, or the fallback where it throws: of a shared folder, anything may vanish at any time. */
export function attempt<T>(fn: () => T, fallback: T): T {
  try {
    return fn()
  } catch {
    return fallback
  }
}

/** `ENOSPC`, `EACCES` and the like; of what is no system error, its name. */
export function errorCodeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return String(code ?? name)
}
