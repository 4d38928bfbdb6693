/**
 * A value that exists once a process, also where this package is loaded twice (two versions in a monorepo, a copy in a
 * bundle). Created when it is first asked for.
 */
export function processWide<T extends object>(name: string, create: () => T): T {
  const slots = globalThis as Record<symbol, T | undefined>
  return (slots[Symbol.for(`spanwright.${name}`)] ??= create())
}
