import { packageNameOf } from '../loading/package-name.js'

/** Of bounded length, since a minified line has no end. */
const FILE = String.raw`[^\s"']{0,300}?node_modules/[^\s"']{1,300}\.[cm]?[jt]sx?`

/** What bundlers leave of a file that they have taken in. */
const IN_CODE: readonly RegExp[] = [
  // esbuild, rolldown, webpack's concatenated modules: a comment above the module that is its path and nothing else.
  new RegExp(String.raw`^[ \t]*;?//(?:#region)? ?(?:CONCATENATED MODULE: )?(${FILE})$`, 'gm'),
  // esbuild, webpack, ncc: the module's function under its path.
  new RegExp(String.raw`["'](${FILE})["']\s*[:(]`, 'g'),
  // esbuild, minified too: the licences of what was taken in, under paths that begin with the package.
  /^([^\s:]{1,300}\.[cm]?[jt]sx?):\n {2}\((?:\*|\/\/)/gm,
]

/** In the list of a source map's sources. Text inside of sources has its quotes escaped. */
const IN_MAP: readonly RegExp[] = [new RegExp(String.raw`[[,]\s*"(${FILE})"`, 'g')]

/** The packages that a part of a bundle, or of its source map, shows to be taken in. */
export function packagesMarkedIn(text: string, kind: 'code' | 'map'): Set<string> {
  const names = new Set<string>()
  for (const mark of kind === 'code' ? IN_CODE : IN_MAP) {
    for (const [, path = ''] of text.matchAll(mark)) {
      const name = packageNameOf(path.includes('node_modules/') ? `/${path.replace(/^[./]+/, '')}` : path)
      if (name !== undefined) names.add(name)
    }
  }
  return names
}
