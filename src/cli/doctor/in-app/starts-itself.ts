import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MOST_FILES = 500
const MOST_BYTES = 1_000_000
const EXTENSIONS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx']
const SPECIFIER = /(?:\bfrom\b|\bimport\b|\brequire\b)\s*(?:\(\s*)?['"`]([^'"`\n]+)['"`]/g
const COMMENT = /^[ \t]*(?:\/\/|\*|\/\*).*$/gm

/**
 * Whether one of the files, or one that it leads to by a relative path, starts tracing in code. By their text: nothing is
 * run. What packages of a workspace do is not found; the app's own call is then the second one, which is logged.
 */
export function startsItself(files: readonly string[]): boolean {
  const waiting = [...files]
  const seen = new Set<string>()
  for (let file = waiting.pop(); file !== undefined && seen.size < MOST_FILES; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = textOf(file)
    const specifiers = [...text.matchAll(SPECIFIER)].map(([, specifier]) => specifier ?? '')
    if (specifiers.includes('spanwright/register')) return true
    if (specifiers.includes('spanwright') && text.includes('startTracing')) return true
    waiting.push(...specifiers.flatMap((specifier) => fileOf(specifier, dirname(file))))
  }
  return false
}

/** The file that a relative or absolute specifier leads to; TypeScript writes `./a.js` for `./a.ts`. */
export function fileOf(specifier: string, folder: string): string[] {
  if (!/^(\.|file:)/.test(specifier) && !isAbsolute(specifier)) return []
  try {
    const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(folder, specifier)
    const bases = [path, path.replace(/\.([cm]?)js$/, '.$1ts'), resolve(path, 'index')]
    const candidates = bases.flatMap((base) => EXTENSIONS.map((extension) => base + extension))
    const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
    return found === undefined ? [] : [found]
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return statSync(file).size > MOST_BYTES ? '' : readFileSync(file, 'utf8').replace(COMMENT, '')
  } catch {
    return ''
  }
}
