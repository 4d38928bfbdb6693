import { types } from 'node:util'

type Patch = (exported: unknown) => unknown

/**
 * Runs a patch over what `require` or `import` gives of a module, and returns what they are to give. Instrumentations are
 * written for `module.exports`, or for a namespace that can be written to; what there is differs by the loader.
 */
export function patchExports(exported: unknown, patch: Patch): unknown {
  if (isImportedCommonJs(exported)) return patchImportedCommonJs(exported, patch)
  return types.isModuleNamespaceObject(exported) ? patchRequired(exported as object, patch) : patch(exported)
}

/** The name by which a namespace has all that the module exports, since Node.js 23, and in what import-in-the-middle makes. */
const COMMON_JS = 'module.exports'

interface ImportedCommonJs extends Record<string, unknown> {
  readonly [COMMON_JS]: object
}

/** A namespace of import-in-the-middle: one of Node.js's own, which can't be written to, is that of a required module. */
function isImportedCommonJs(exported: unknown): exported is ImportedCommonJs {
  if (typeof exported !== 'object' || exported === null || types.isModuleNamespaceObject(exported)) return false
  if (!(COMMON_JS in exported)) return false
  const commonJs = exported[COMMON_JS]
  return typeof commonJs === 'function' || (typeof commonJs === 'object' && commonJs !== null)
}

/** The patch gets what `require` would give it. What has changed by it is carried to the default import and the names. */
function patchImportedCommonJs(namespace: ImportedCommonJs, patch: Patch): unknown {
  const commonJs = namespace[COMMON_JS] as Record<string, unknown>
  const names = Object.keys(namespace).filter((name) => name !== 'default' && name !== COMMON_JS)
  const before = names.map((name) => commonJs[name])
  const patched = (patch(commonJs) ?? commonJs) as Record<string, unknown>
  for (const [at, name] of names.entries()) {
    const value = patched[name]
    if (value !== undefined && value !== before[at]) namespace[name] = value
  }
  if (patched !== commonJs) Object.assign(namespace, { default: patched, [COMMON_JS]: patched })
  return namespace
}

/**
 * What `require` returns of an ECMAScript module is a namespace, which nothing can be written to. The patch gets a
 * stand-in that can. `require` then returns that, if anything was written, and else the namespace itself.
 */
function patchRequired(namespace: object, patch: Patch): unknown {
  const standIn = standInFor(namespace)
  const patched = patch(standIn)
  return patched === standIn && !isWritten(standIn) ? namespace : patched
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
