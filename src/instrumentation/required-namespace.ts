import { types } from 'node:util'

/**
 * Runs a patch over what `require` of an ECMAScript module returns: a namespace, which nothing can be written to. The patch gets a
 * stand-in that can; whoever requires the module is handed that, if anything was written, and else the namespace itself.
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
