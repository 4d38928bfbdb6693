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
