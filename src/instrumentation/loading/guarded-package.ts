import type {
  InstrumentationConfig,
  InstrumentationModuleDefinition,
  InstrumentationModuleFile,
} from '@opentelemetry/instrumentation'
import type { CatalogueEntry } from '../catalogue.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { guardReplacement, type Failed } from './guarded-calls.js'
import { patchExports } from './patched-exports.js'
import { UnknownVersions } from './unknown-versions.js'

/** What the main file does for patches, which has the state: what is logged, and which patch is running. */
export interface PatchLog {
  readonly whilePatching: <T>(failed: Failed, patch: () => T) => T
  readonly warnOnce: (key: string, message: string) => void
  readonly safely: (failure: string, fn: () => unknown) => unknown
  readonly failedToPatch: (name: string, version: string | undefined, entry: CatalogueEntry, error: unknown) => void
  readonly failedInCall: (name: string, entry: CatalogueEntry, error: unknown) => void
}

/**
 * The instrumentation, with patches that never throw into the app: neither where it loads a package (what has been patched until
 * then stays), nor where it calls what was patched. Each failure is logged once. And for the versions that the entry adds.
 */
export function guardedPackage(
  Class: InstrumentationClass,
  entry: CatalogueEntry,
  log: PatchLog,
): InstrumentationClass {
  const versions = new UnknownVersions(entry, log.warnOnce)
  const guarded = (definitions: InstrumentationModuleDefinition[]): InstrumentationModuleDefinition[] => {
    for (const definition of definitions) {
      for (const part of [definition, ...definition.files]) {
        if (entry.alsoVersions !== undefined) part.supportedVersions = [...part.supportedVersions, entry.alsoVersions]
        // Also where only files of a package are patched, its entry is seen.
        if (part === definition && !part.patch) part.patch = (exported: unknown) => exported
        guard(part, entry, versions, log)
      }
      versions.known(definition)
    }
    return definitions
  }
  return class extends Class {
    constructor(config: InstrumentationConfig) {
      super(config)
      // Some are made of several inside.
      for (const inner of Object.values(this) as (Partial<Inner> | null | undefined)[]) {
        if (!Array.isArray(inner?._modules)) continue
        guarded(inner._modules)
        const onRequire = inner._onRequire
        if (!onRequire) continue
        inner._onRequire = function (...args) {
          return seen(onRequire.call(this, ...args), args)
        }
      }
    }

    override init(): InstrumentationModuleDefinition[] {
      return guarded([super.init() ?? []].flat())
    }

    _onRequire(...args: RequiredFile): unknown {
      const { _onRequire } = Class.prototype as unknown as Pick<Inner, '_onRequire'>
      return seen(_onRequire.call(this, ...args), args)
    }
  }

  function seen(exported: unknown, [definition, , name, folder]: RequiredFile): unknown {
    if (folder !== undefined && name === definition.name) versions.loaded(name, definition.moduleVersion)
    return exported
  }
}

/** What upstream is given for a file that has loaded. */
type RequiredFile = [definition: InstrumentationModuleDefinition, exported: unknown, name: string, folder?: string]

interface Inner {
  readonly _modules: InstrumentationModuleDefinition[]
  _onRequire: (this: unknown, ...args: RequiredFile) => unknown
}

function guard(
  part: InstrumentationModuleDefinition | InstrumentationModuleFile,
  entry: CatalogueEntry,
  versions: UnknownVersions,
  log: PatchLog,
): void {
  const { name } = part
  const [patch, unpatch] = [part.patch?.bind(part), part.unpatch?.bind(part)]
  const failed = (error: unknown): void => log.failedInCall(name, entry, error)
  if (patch) {
    part.patch = (exported: unknown, version?: string) => {
      versions.patched()
      try {
        return patchExports(exported, (writable) => {
          const patched: unknown = log.whilePatching(failed, () => patch(writable, version) as unknown)
          return patched === writable
            ? patched
            : guardReplacement(writable, patched, `/instrumentation-${entry.name}`, failed)
        })
      } catch (error) {
        log.failedToPatch(name, version, entry, error)
        return exported
      }
    }
  }
  if (unpatch) {
    part.unpatch = (exported: unknown, version?: string) => {
      if (exported === undefined) return
      log.safely(`${name} stays traced`, () =>
        patchExports(exported, (writable) => {
          unpatch(writable, version)
          return writable
        }),
      )
    }
  }
}
