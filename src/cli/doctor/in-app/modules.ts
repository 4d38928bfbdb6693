import type { Instrumentation } from '@opentelemetry/instrumentation'
import { isBuiltin } from 'node:module'
import { CATALOGUE, type CatalogueEntry } from '../../../instrumentation/catalogue.js'
import { installed } from '../../../instrumentation/installed.js'
import { packagesBundledInto } from '../../../instrumentation/warnings/bundled-app.js'
import type { MissedModule, ModuleFindings, PatchedModule } from '../process-report.js'
import type { LoadedPackages } from './loaded-packages.js'

/** Which modules are traced, and which of those that the app uses are not, and why. */
export function moduleFindings(
  loaded: LoadedPackages,
  main: string | undefined,
  given: readonly Instrumentation[],
): ModuleFindings {
  const started = [...given, ...installed.started.map(({ instrumentation }) => instrumentation)]
  const seen = started.flatMap(modulesOf)
  const patched = seen.filter(({ isPatched }) => isPatched)
  const names = new Set(patched.map(({ name }) => name))
  const late = installed.tooLate()
  const missed: MissedModule[] = [
    ...late.map((name) => ({ name, why: 'too late' as const })),
    ...seen
      .filter(({ name, version, isPatched }) => !isPatched && version !== undefined && !names.has(name))
      .filter(({ name }) => !late.includes(name))
      .map(({ name, version }) => ({ ...named(name, version), why: 'version' as const })),
    ...switchedOff(loaded, installed.wanted, names).map((name) => ({ name, why: 'switched off' as const })),
    ...bundled(main, loaded).map((name) => ({ name, why: 'bundled' as const })),
    ...unknown(loaded).map((name) => ({ name, why: 'no instrumentation' as const })),
  ]
  return { patched: patched.map(({ name, version }) => named(name, version)), missed }
}

interface SeenModule {
  readonly name: string
  readonly version: string | undefined
  readonly isPatched: boolean
}

/** What every instrumentation of OpenTelemetry has in it, though not in its type. */
interface Definition {
  readonly name: string
  readonly moduleVersion?: string
  readonly moduleExports?: unknown
  readonly files?: readonly { readonly moduleExports?: unknown }[]
}

/** One definition for each range of versions; one of them may have been patched. */
function modulesOf(instrumentation: Instrumentation): SeenModule[] {
  const { _modules: definitions = [], instrumentationName } = instrumentation as unknown as {
    _modules?: readonly Definition[]
    instrumentationName: string
  }
  // It listens to channels of Node.js, or is not OpenTelemetry's own.
  if (definitions.length === 0) return [{ name: shortName(instrumentationName), version: undefined, isPatched: true }]
  return Object.values(Object.groupBy(definitions, ({ name }) => name)).map((same = []) => ({
    name: same[0]?.name ?? '',
    version: same.find(({ moduleVersion }) => moduleVersion !== undefined)?.moduleVersion,
    isPatched: same.some(({ moduleExports, files = [] }) =>
      [moduleExports, ...files.map((file) => file.moduleExports)].some((exports) => exports !== undefined),
    ),
  }))
}

const shortName = (name: string): string => name.replace(/^(@opentelemetry\/instrumentation-|spanwright\/)/, '')

const named = (name: string, version: string | undefined): PatchedModule =>
  version === undefined ? { name } : { name, version }

/** Those that are on by default; what is off by default is not missed. */
function switchedOff(
  { all }: LoadedPackages,
  wanted: readonly CatalogueEntry[],
  patched: ReadonlySet<string>,
): readonly string[] {
  if (!installed.hooksAreSet) return []
  const names = new Set(wanted.map(({ name }) => name))
  return CATALOGUE.filter((entry) => entry.wanted === 'default' && !names.has(entry.name)).flatMap(
    ({ name, modules }) =>
      (modules.length === 0 ? [name] : modules).filter(
        (module) => (isBuiltin(module) || modules.length === 0 || all.has(module)) && !patched.has(module),
      ),
  )
}

/** Packages that a bundler has put into the main script, and that are not loaded from elsewhere as well. */
function bundled(main: string | undefined, { all }: LoadedPackages): readonly string[] {
  inside ??= main === undefined || main.includes('node_modules') ? new Set() : packagesBundledInto(main)
  const packages = CATALOGUE.flatMap(({ modules }) => modules)
  return packages.filter((name) => inside?.has(name) && !all.has(name))
}

/** The file is read once. */
let inside: ReadonlySet<string> | undefined

/** Fastify's routes are named by us; its requests are those of http. */
const NOT_MISSED = /^(spanwright|import-in-the-middle|fastify|tslib|@types\/.*|@opentelemetry\/.*)$/

function unknown({ byApp }: LoadedPackages): readonly string[] {
  const known = new Set(CATALOGUE.flatMap(({ modules }) => modules))
  return [...byApp].filter((name) => !known.has(name) && !NOT_MISSED.test(name)).sort()
}
