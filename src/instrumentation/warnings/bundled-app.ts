import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { findings } from '../../internal/diagnostics/findings.js'
import { hasAdapter } from '../../internal/diagnostics/log-correlation.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import type { CatalogueEntry } from '../catalogue.js'
import { packageNameOf } from '../loading/package-name.js'

/** After the app has started, so that it neither starts later nor is looked at before it has loaded what it keeps outside. */
const LOOK_AFTER_MILLIS = 1_000
/** One or two milliseconds of reading and searching at a time, with the app's own work between. */
const CHUNK_BYTES = 256 * 1_024
const PAUSE_MILLIS = 5
/** Longer than any path, which may lie across the end of a chunk. */
const OVERLAP = 1_024
const MOST_BYTES = 32 * 1_024 * 1_024

/**
 * Warns, once the app has started, of packages that a bundler has put into the main script: no loader loads them, so nothing
 * can patch them. Keeps no process alive: for one that ends earlier there is no warning.
 */
export function warnOfBundledPackages(
  packages: ReadonlyMap<string, CatalogueEntry>,
  wasResolved: (packageName: string) => boolean,
): void {
  const later = (fn: () => void, millis: number): unknown => setTimeout(fn, millis).unref()
  const look = (): void => {
    const file = isMainThread ? mainScript() : undefined
    if (file === undefined) return
    const found = new Set<string>()
    const chunks = packagesIn(file)
    const next = (): void => {
      const { done, value } = chunks.next()
      for (const name of value ?? []) found.add(name)
      if (done) warn(file, untracedAmong(found, packages, wasResolved))
      else later(next, PAUSE_MILLIS)
    }
    next()
  }
  later(look, LOOK_AFTER_MILLIS)
}

/** All packages that a script shows to have been bundled into it, at once; empty where it is none, or can't be read. */
export function packagesBundledInto(file: string): Set<string> {
  return new Set([...packagesIn(file)].flatMap((names) => [...names]))
}

/** The app's main file; undefined where there is none, and for a package's own command. */
function mainScript(): string | undefined {
  const [, script] = process.argv
  if (script === undefined) return undefined
  try {
    const file = requireOwn.resolve(script)
    return /[\\/]node_modules[\\/]/.test(file) ? undefined : file
  } catch {
    return undefined
  }
}

function* packagesIn(file: string): Generator<Set<string>, undefined> {
  yield* marksIn(file, 'code')
  // Of a minified bundle, which shows little, the map beside it still lists every file.
  yield* marksIn(`${file}.map`, 'map')
  return undefined
}

function* marksIn(file: string, kind: 'code' | 'map'): Generator<Set<string>> {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    if (fstatSync(descriptor).size > MOST_BYTES) return
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    let before = ''
    for (let length; (length = readSync(descriptor, buffer)) > 0;) {
      const text = before + buffer.toString('latin1', 0, length)
      yield packagesMarkedIn(text, kind)
      before = text.slice(-OVERLAP)
    }
  } catch {
    // No such file, or none that may be read.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** One name an instrumentation: those that a package brings along, such as pg-pool, add nothing. */
function untracedAmong(
  found: ReadonlySet<string>,
  packages: ReadonlyMap<string, CatalogueEntry>,
  wasResolved: (packageName: string) => boolean,
): string[] {
  const isUntraced = (name: string): boolean =>
    found.has(name) && !wasResolved(name) && !findings.latePackages.includes(name) && !hasAdapter(name)
  const names = [...new Set(packages.values())].flatMap(({ modules }) => modules.find(isUntraced) ?? [])
  return names.filter((name) => name !== 'router' || !found.has('express')).sort()
}

function warn(file: string, names: readonly string[]): void {
  findings.bundledPackages = names
  if (names.length === 0) return
  warnOnce(
    'bundled',
    `not traced, because bundled into ${basename(file)}: ${names.join(', ')}. Keep packages outside of the bundle: ` +
      'esbuild --packages=external, webpack "externals" (webpack-node-externals), rollup "external"',
  )
}

/** Of bounded length, since a minified line has no end. */
const FILE = String.raw`[^\s"']{0,300}?node_modules/[^\s"']{1,300}\.[cm]?[jt]sx?`
/** In quotes: the folders above may have spaces in their names. */
const QUOTED_FILE = String.raw`[^"'\n]{0,300}?node_modules/[^\s"']{1,300}\.[cm]?[jt]sx?`

/** What bundlers leave of a file that they have taken in. */
const IN_CODE: readonly RegExp[] = [
  // esbuild, rolldown, webpack's concatenated modules: a comment above the module that is its path and nothing else.
  new RegExp(String.raw`^[ \t]*;?//(?:#region)? ?(?:CONCATENATED MODULE: )?(${FILE})$`, 'gm'),
  // esbuild, webpack, ncc: the module's function under its path.
  new RegExp(String.raw`["'](${QUOTED_FILE})["']\s*[:(]`, 'g'),
  // esbuild, minified too: the licences of what was taken in, under paths that begin with the package.
  /^([^\s:]{1,300}\.[cm]?[jt]sx?):\n {2}\((?:\*|\/\/)/gm,
]

/** In the list of a source map's sources. Text inside of sources has its quotes escaped. */
const IN_MAP: readonly RegExp[] = [new RegExp(String.raw`[[,]\s*"(${QUOTED_FILE})"`, 'g')]

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
