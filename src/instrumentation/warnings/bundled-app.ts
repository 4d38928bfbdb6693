import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { findings } from '../../internal/diagnostics/findings.js'
import { hasAdapter } from '../../internal/diagnostics/log-correlation.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import { packagesMarkedIn } from './bundler-markers.js'
import type { CatalogueEntry } from '../catalogue.js'

/** After the app has started, so that it neither starts later nor is looked at before it has loaded what it keeps outside. */
const LOOK_AFTER_MILLIS = 1_000
/** One or two milliseconds of reading and searching at a time, with the app's own work between. */
const CHUNK_BYTES = 256 * 1_024
const PAUSE_MILLIS = 5
/** Longer than any path, which may lie across the end of a chunk. */
const OVERLAP = 1_024
const MOST_BYTES = 32 * 1_024 * 1_024

/**
 * Tells, once the app has started, of packages that a bundler has put into the main script: they are not loaded by any
 * loader, so nothing can patch them. Keeps no process alive: one that ends before is not told.
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
      if (done) tell(file, namesToTell(found, packages, wasResolved))
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

/** The app's main file; undefined where there is none, and for a package's own command, which is nobody's bundle. */
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

/** One name an instrumentation: those that a package brings along, such as pg-pool, say nothing more. */
function namesToTell(
  found: ReadonlySet<string>,
  packages: ReadonlyMap<string, CatalogueEntry>,
  wasResolved: (packageName: string) => boolean,
): string[] {
  const isUntraced = (name: string): boolean =>
    found.has(name) && !wasResolved(name) && !findings.latePackages.includes(name) && !hasAdapter(name)
  const names = [...new Set(packages.values())].flatMap(({ modules }) => modules.find(isUntraced) ?? [])
  return names.filter((name) => name !== 'router' || !found.has('express')).sort()
}

function tell(file: string, names: readonly string[]): void {
  findings.bundledPackages = names
  if (names.length === 0) return
  warnOnce(
    'bundled',
    `not traced, because bundled into ${basename(file)}: ${names.join(', ')}. Keep packages outside of the bundle: ` +
      'esbuild --packages=external, webpack "externals" (webpack-node-externals), rollup "external"',
  )
}
