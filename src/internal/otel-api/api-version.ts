import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolderOf } from '../runtime/source-locations.js'
import { requireOwn } from '../runtime/own-package.js'

/** A copy of `@opentelemetry/api` on disk. */
interface ApiCopy {
  readonly folder: string
  readonly version: string
}

export const API_PACKAGE = '@opentelemetry/api'

/** How several copies become one, for the end of a warning. */
export const ONE_COPY: string =
  `"npm ls ${API_PACKAGE}" shows who brings which; "npm dedupe", or "overrides" in package.json, ` +
  `leaves one, loaded once`

let own: ApiCopy | false | undefined

/** The copy that this package uses; undefined where it can't be found, as in a bundle. Reads a file. */
export function ownApi(): ApiCopy | undefined {
  own ??= apiCopyAt(ownApiFile()) ?? false
  return own || undefined
}

/** A file of the copy that this package uses; empty where it can't be found. */
export function ownApiFile(): string {
  try {
    return requireOwn.resolve(API_PACKAGE)
  } catch {
    return ''
  }
}

/** The copy that a file belongs to; undefined when there is no such package above it. */
export function apiCopyAt(pathOrUrl: string): ApiCopy | undefined {
  const found = packageFolderOf(pathOrUrl)
  if (found?.name !== API_PACKAGE) return undefined
  try {
    const { version } = JSON.parse(readFileSync(join(found.folder, 'package.json'), 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? { folder: found.folder, version } : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a copy of the API finds what another has registered: the rule of the API itself, `internal/semver`. The major has to
 * be the same and the minor no newer; below 1.0 the patch no newer; a prerelease is like itself alone.
 */
export function canRead(copyVersion: string, globalsVersion: string): boolean {
  if (copyVersion === globalsVersion) return true
  const copy = parse(copyVersion)
  const globals = parse(globalsVersion)
  if (!copy || copy.major !== globals?.major) return false
  if (copy.major === 0) return copy.minor === globals.minor && copy.patch <= globals.patch
  return copy.minor <= globals.minor
}

function parse(version: string): { major: number; minor: number; patch: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)
  return match ? { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) } : undefined
}

/** What can be registered with the OpenTelemetry API. */
export type ApiPart = 'trace' | 'context' | 'propagation' | 'metrics' | 'logs' | 'diag'

/** What all copies of `@opentelemetry/api` 1.x share in a process: made by the copy that registers first, with its version. */
type ApiGlobals = { readonly version?: string } & Readonly<Partial<Record<ApiPart, object>>>

/** Undefined until something is registered. */
export function apiGlobals(): ApiGlobals | undefined {
  return (globalThis as Record<symbol, ApiGlobals | undefined>)[Symbol.for('opentelemetry.js.api.1')]
}
