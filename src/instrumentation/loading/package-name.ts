/**
 * The package a specifier leads to: `pg` for `pg` and `pg/lib/client`, also inside a path or URL with node_modules, as
 * bundlers' dev servers and TypeScript runners write it. Undefined for relative specifiers: their package has been seen.
 */
export function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined
  const start = specifier.replaceAll('\\', '/').split('/node_modules/').at(-1) ?? specifier
  const [first, second] = start.split('/')
  return first?.startsWith('@') ? `${first}/${second}` : first
}

/** Whether a file is of require-in-the-middle, which resolves the names of packages that something else loads. */
export function isRequireInTheMiddle(url: string): boolean {
  return REQUIRE_IN_THE_MIDDLE.test(url)
}

/** By itself, and in the file that the build makes of @opentelemetry/instrumentation. */
const REQUIRE_IN_THE_MIDDLE = /\/node_modules\/require-in-the-middle\/|\/dist\/packages\/instrumentation\.cjs$/
