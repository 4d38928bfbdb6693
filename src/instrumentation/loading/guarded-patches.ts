import type {
  Instrumentation,
  InstrumentationConfig,
  InstrumentationModuleDefinition,
  InstrumentationModuleFile,
} from '@opentelemetry/instrumentation'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { packageOf, type CatalogueEntry } from '../catalogue.js'
import { types } from 'node:util'

/** The class of an instrumentation; each has `init`, which says what it patches. */
export type InstrumentationClass = new (config: InstrumentationConfig) => Instrumentation & Definitions

interface Definitions {
  init(): InstrumentationModuleDefinition | InstrumentationModuleDefinition[] | undefined
}

/**
 * The instrumentation, with patches that never throw into the app, which has only loaded a package: one that fails is
 * logged once, and what it has patched until then stays. And for the versions that the entry adds.
 */
export function guardedPatches(Class: InstrumentationClass, entry: CatalogueEntry): InstrumentationClass {
  return class extends Class {
    override init(): InstrumentationModuleDefinition[] {
      const definitions = [super.init() ?? []].flat()
      for (const definition of definitions) {
        for (const part of [definition, ...definition.files]) {
          if (entry.alsoVersions !== undefined) part.supportedVersions = [...part.supportedVersions, entry.alsoVersions]
          guard(part, entry)
        }
      }
      return definitions
    }
  }
}

function guard(part: InstrumentationModuleDefinition | InstrumentationModuleFile, entry: CatalogueEntry): void {
  const { name } = part
  const patch = part.patch?.bind(part)
  if (!patch) return
  part.patch = (exported: unknown, version?: string) => {
    try {
      return patchRequired(exported, (writable) => patch(writable, version) as unknown)
    } catch (error) {
      const which = version === undefined ? name : `${name} (version ${version})`
      warnOnce(
        `patch ${name}`,
        `${which} is not traced, or not in full: ${packageOf(entry)} could not patch it (${messageOf(error)}). ` +
          `OTEL_NODE_DISABLED_INSTRUMENTATIONS=${entry.name} leaves it alone`,
      )
      return exported
    }
  }
}

/**
 * Runs a patch over what `require` of an ECMAScript module returns: a namespace, which nothing can be written to. The patch gets a
 * stand-in that can. `require` then returns that, if anything was written, and else the namespace itself.
 */
export function patchRequired(exported: unknown, patch: (exported: unknown) => unknown): unknown {
  if (!types.isModuleNamespaceObject(exported)) return patch(exported)
  const standIn = standInFor(exported as object)
  const patched = patch(standIn)
  return patched === standIn && !isWritten(standIn) ? exported : patched
}

/** With accessors, as the module may not have come to an end yet. */
function standInFor(namespace: object): object {
  const standIn: object = Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } }) as object
  for (const name of Object.keys(namespace)) {
    Object.defineProperty(standIn, name, {
      enumerable: true,
      configurable: true,
      get: (): unknown => Reflect.get(namespace, name),
      set: (value: unknown) =>
        Object.defineProperty(standIn, name, { enumerable: true, configurable: true, writable: true, value }),
    })
  }
  return standIn
}

function isWritten(standIn: object): boolean {
  return Object.keys(standIn).some((name) => Object.getOwnPropertyDescriptor(standIn, name)?.get === undefined)
}
