import type {
  InstrumentationConfig,
  InstrumentationModuleDefinition,
  InstrumentationModuleFile,
} from '@opentelemetry/instrumentation'
import { mimicFunction } from '../../internal/runtime/methods.js'
import { messageOf, safely, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { packageOf, type CatalogueEntry } from '../catalogue.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { isOfBuiltIns } from './built-ins.js'
import { guardReplacement, guardWrapper, patchExports, UnknownVersions } from '../package-instrumentations.js'
import type { Failed, Wrapper } from './guarded-calls.js'

/**
 * The instrumentation, with patches that never throw into the app: neither where it loads a package (what has been patched until
 * then stays), nor where it calls what was patched. Each failure is logged once. And for the versions that the entry adds.
 */
export function guardedPatches(Class: InstrumentationClass, entry: CatalogueEntry): InstrumentationClass {
  const versions = isOfBuiltIns(entry) ? undefined : new UnknownVersions(entry, warnOnce)
  const guarded = (definitions: InstrumentationModuleDefinition[]): InstrumentationModuleDefinition[] => {
    for (const definition of definitions) {
      for (const part of [definition, ...definition.files]) {
        if (entry.alsoVersions !== undefined) part.supportedVersions = [...part.supportedVersions, entry.alsoVersions]
        // Also where only files of a package are patched, its entry is seen.
        if (part === definition && versions) part.patch ??= (exported: unknown) => exported
        guard(part, entry, versions)
      }
      versions?.known(definition)
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
    if (folder !== undefined && name === definition.name) versions?.loaded(name, definition.moduleVersion)
    return exported
  }
}

/** What upstream is told of a file that has loaded. */
type RequiredFile = [definition: InstrumentationModuleDefinition, exported: unknown, name: string, folder?: string]

interface Inner {
  readonly _modules: InstrumentationModuleDefinition[]
  _onRequire: (this: unknown, ...args: RequiredFile) => unknown
}

function guard(
  part: InstrumentationModuleDefinition | InstrumentationModuleFile,
  entry: CatalogueEntry,
  versions: UnknownVersions | undefined,
): void {
  const { name } = part
  const [patch, unpatch] = [part.patch?.bind(part), part.unpatch?.bind(part)]
  const leaveAlone = `OTEL_NODE_DISABLED_INSTRUMENTATIONS=${entry.name} leaves it alone`
  const failed = (error: unknown): void =>
    warnOnce(
      `call ${name}`,
      `${name} is not traced, or not in full: ${packageOf(entry)} failed in a call (${messageOf(error)}). ${leaveAlone}`,
    )
  // Those of Node.js itself are patched in place, and called too often to be watched.
  const ofBuiltIns = isOfBuiltIns(entry)
  if (patch) {
    part.patch = (exported: unknown, version?: string) => {
      versions?.patched()
      try {
        if (ofBuiltIns) return whilePatching('unwatched', () => patch(exported, version) as unknown)
        return patchExports(exported, (writable) => {
          const patched: unknown = whilePatching(failed, () => patch(writable, version) as unknown)
          return patched === writable ? patched : guardReplacement(writable, patched, packageOf(entry), failed)
        })
      } catch (error) {
        const which = version === undefined ? name : `${name} (version ${version})`
        warnOnce(
          `patch ${name}`,
          `${which} is not traced, or not in full: ${packageOf(entry)} could not patch it (${messageOf(error)}). ${leaveAlone}`,
        )
        return exported
      }
    }
  }
  if (unpatch && !ofBuiltIns) {
    part.unpatch = (exported: unknown, version?: string) => {
      if (exported === undefined) return
      safely(`${name} stays traced`, () =>
        patchExports(exported, (writable) => {
          unpatch(writable, version)
          return writable
        }),
      )
    }
  }
}

/** The patch of a module that is running; undefined where none is. */
let running: Failed | 'unwatched' | undefined

/** Runs a patch of a module; the wrappers that it hands to {@link wrapperOfPatch} are guarded, unless it is not watched. */
function whilePatching<T>(failed: Failed | 'unwatched', patch: () => T): T {
  const outer = running
  running = failed
  try {
    return patch()
  } finally {
    running = outer
  }
}

/**
 * The wrapper, as patches of modules get it: what it makes is called as the original is, and guarded. What is wrapped later, a
 * handler of a request, say, is called too often for that.
 */
export function wrapperOfPatch(wrapper: Wrapper): Wrapper {
  if (running === undefined) return wrapper
  const guarded = running === 'unwatched' ? wrapper : guardWrapper(wrapper, running)
  return (original, ...rest) => {
    const wrapped = guarded(original, ...rest)
    return typeof wrapped === 'function' && typeof original === 'function' ? mimicFunction(wrapped, original) : wrapped
  }
}
