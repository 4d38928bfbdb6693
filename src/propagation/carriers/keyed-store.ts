import { isSameName, type OpenCarrier } from './open-carrier.js'
import { safeGetMethod, isObject } from '../../internal/checks/safe-get.js'

/** An iterator can have no end. */
const MOST_KEYS = 10_000

/**
 * Everything with `get` and `set`, and `has` or `getMap`: fetch's `Headers`, `Map`, gRPC's `Metadata` (whose `get` returns
 * a list), NATS's headers (where case matters), Axios's headers. Asking for a third method keeps out the contexts of web
 * frameworks, whose `get` and `set` mean two different messages.
 */
export function keyedStore(carrier: object): OpenCarrier | undefined {
  const get = safeGetMethod(carrier, 'get')
  const set = safeGetMethod(carrier, 'set')
  if (get === undefined || set === undefined) return undefined
  if (safeGetMethod(carrier, 'has') === undefined && safeGetMethod(carrier, 'getMap') === undefined) return undefined
  const inOtherCase = (name: string) => (key: string) => key !== name && isSameName(key, name)
  return {
    keys: () => keysOf(carrier),
    get(name) {
      const value = get.call(carrier, name)
      if (!isNothing(value)) return value
      const key = keysOf(carrier).find(inOtherCase(name))
      return key === undefined ? undefined : get.call(carrier, key)
    },
    set(name, value) {
      const remove = safeGetMethod(carrier, 'delete') ?? safeGetMethod(carrier, 'remove')
      for (const key of keysOf(carrier).filter(inOtherCase(name))) remove?.call(carrier, key)
      set.call(carrier, name, value)
      return true
    },
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function keysOf(carrier: object): string[] {
  const keys: string[] = []
  let seen = 0
  for (const key of rawKeysOf(carrier)) {
    if (typeof key === 'string') keys.push(key)
    if (++seen === MOST_KEYS) break
  }
  return keys
}

/** `getMap` (gRPC), `keys`, the entries' first halves (older clients of NATS), or the own properties (Axios). */
function rawKeysOf(carrier: object): Iterable<unknown> {
  const map = safeGetMethod(carrier, 'getMap')?.call(carrier)
  if (isObject(map)) return Object.keys(map)
  const keys = safeGetMethod(carrier, 'keys')?.call(carrier)
  if (isIterable(keys)) return keys
  return isIterable(carrier) ? firstHalves(carrier) : Object.keys(carrier)
}

function* firstHalves(entries: Iterable<unknown>): Iterable<unknown> {
  for (const entry of entries) yield Array.isArray(entry) ? (entry[0] as unknown) : undefined
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return isObject(value) && Symbol.iterator in value
}
