/** What fn returns; where it throws, the fallback. */
export function attempt<T>(fn: () => T): T | undefined
export function attempt<T>(fn: () => T, fallback: T): T
export function attempt<T>(fn: () => T, fallback?: T): T | undefined {
  try {
    return fn()
  } catch {
    return fallback
  }
}
