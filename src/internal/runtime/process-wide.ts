/**
 * A value that exists once a process, also where this package is loaded twice (two versions in a monorepo, a copy in a
 * bundle). Created when it is first asked for.
 */
export function processWide<T extends object>(name: string, create: () => T): T {
  const key = Symbol.for(`spanwright.${name}`)
  const existing = (globalThis as Record<symbol, T | undefined>)[key]
  if (existing !== undefined) return existing
  const value = create()
  // Who copies or compares the global object does not come across it.
  Object.defineProperty(globalThis, key, { value, configurable: true, writable: true })
  return value
}
