import type { InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { messageOf, safely, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { packageOf, type CatalogueEntry } from '../catalogue.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { guardedPackage } from '../package-instrumentations.js'
import { isOfBuiltIns } from './built-ins.js'
import type { PatchLog } from './guarded-package.js'
import { whilePatching } from './running-patch.js'

/** The instrumentation, with patches that never throw into the app: each failure is logged once. */
export function guardedPatches(Class: InstrumentationClass, entry: CatalogueEntry): InstrumentationClass {
  return isOfBuiltIns(entry) ? guardedBuiltIn(Class, entry) : guardedPackage(Class, entry, LOG)
}

/** What is in Node.js is patched in place, and called too often to be watched. */
function guardedBuiltIn(Class: InstrumentationClass, entry: CatalogueEntry): InstrumentationClass {
  return class extends Class {
    override init(): InstrumentationModuleDefinition[] {
      const definitions = [super.init() ?? []].flat()
      for (const part of definitions) {
        const patch = part.patch?.bind(part)
        if (!patch) continue
        part.patch = (exported: unknown, version?: string) => {
          try {
            return whilePatching('unwatched', () => patch(exported, version) as unknown)
          } catch (error) {
            LOG.failedToPatch(part.name, version, entry, error)
            return exported
          }
        }
      }
      return definitions
    }
  }
}

const leaveAlone = ({ name }: CatalogueEntry): string => `OTEL_NODE_DISABLED_INSTRUMENTATIONS=${name} leaves it alone`

const LOG: PatchLog = {
  whilePatching,
  warnOnce,
  safely,
  failedToPatch(name, version, entry, error) {
    const which = version === undefined ? name : `${name} (version ${version})`
    warnOnce(
      `patch ${name}`,
      `${which} is not traced, or not in full: ${packageOf(entry)} could not patch it (${messageOf(error)}). ${leaveAlone(entry)}`,
    )
  },
  failedInCall(name, entry, error) {
    warnOnce(
      `call ${name}`,
      `${name} is not traced, or not in full: ${packageOf(entry)} failed in a call (${messageOf(error)}). ${leaveAlone(entry)}`,
    )
  },
}
