import { safeGet, isObject } from '../../internal/checks/safe-get.js'

/**
 * A carrier whose kind is known. Names are compared without regard to case. The methods may throw whatever the carrier
 * throws: only src/propagation/carrier.ts calls them, and catches what they throw.
 */
export interface OpenCarrier {
  keys(): string[]
  /** What the carrier has under that name (in lower case): text, bytes, a list of these, or anything else. */
  get(name: string): unknown
  /** Replaces what is there. False when the carrier does not take it. */
  set(name: string, value: string): boolean
  /** What the caller gets instead of the carrier, where that can't be changed. */
  replacement?(): object
}

/** Undefined when the carrier is not of this kind. */
export type CarrierKind = (carrier: object) => OpenCarrier | undefined

export function readObject(holder: object, key: string): object | undefined {
  const value = safeGet(holder, key)
  return isObject(value) ? value : undefined
}

/** Whether two names are the same header's. Names of headers are ASCII, where the case does not change the length. */
export function isSameName(one: string, other: string): boolean {
  return one === other || (one.length === other.length && one.toLowerCase() === other.toLowerCase())
}

/** The name under which an object has a property of its own, in any case. */
export function ownName(holder: object, name: string): string | undefined {
  if (Object.hasOwn(holder, name)) return name
  return Object.keys(holder).find((key) => isSameName(key, name))
}

/**
 * Sets a property of an object's own, and removes those that differ in case only: as headers they would be two values of
 * one. False when the object does not let itself be changed.
 */
export function setOwn(holder: object, name: string, value: unknown): boolean {
  for (const key of Object.keys(holder)) {
    if (key !== name && isSameName(key, name) && !Reflect.deleteProperty(holder, key)) return false
  }
  return Reflect.set(holder, name, value)
}
