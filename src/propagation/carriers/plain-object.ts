import { types } from 'node:util'
import { isSameName, setOwn, type OpenCarrier } from './open-carrier.js'
import { safeGet } from '../../internal/checks/safe-get.js'

/**
 * Any other object: headers of Node's http and http2 (whose `:path` and the like are left alone), Kafka's headers with
 * their bytes, job data, worker messages. Only its own properties count, in any case.
 */
export function plainObject(carrier: object): OpenCarrier | undefined {
  if (isBuiltIn(carrier)) return undefined
  // All propagators ask for names that are not there, and a message can have thousands of headers.
  let names: readonly string[] | undefined
  return {
    keys: () => Object.keys(carrier),
    get(name) {
      if (Object.hasOwn(carrier, name)) return safeGet(carrier, name)
      names ??= Object.keys(carrier)
      const key = names.find((other) => isSameName(other, name))
      return key === undefined ? undefined : safeGet(carrier, key)
    },
    set(name, value) {
      names = undefined
      return setOwn(carrier, name, value)
    },
  }
}

/** A property on one of these would go nowhere: it is not copied, cloned or written as JSON. */
function isBuiltIn(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isSet(value) ||
    types.isWeakSet(value) ||
    types.isWeakMap(value) ||
    types.isBoxedPrimitive(value) ||
    value instanceof Error
  )
}
