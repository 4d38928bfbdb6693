import { isTimeInputHrTime } from '@opentelemetry/core'

/** Stands for a value that holds itself. */
export const LOOP: unique symbol = Symbol('holds itself')

class Ago {
  readonly millis: number

  constructor(millis: number) {
    this.millis = millis
  }
}

/** Stands for what `performance.now()` said so long ago. */
export const ago = (millis: number): unknown => new Ago(millis)

/** A copy, to its depth, of what was generated, with real values for what only stands for one. */
export function built(given: unknown): unknown {
  if (given === LOOP) return holdsItself()
  if (given instanceof Ago) return performance.now() - given.millis
  if (given instanceof Uint8Array) return given.slice()
  if (Array.isArray(given)) return given.map(built)
  if (!isPlain(given)) return given
  const copy = Object.create(Object.getPrototypeOf(given) as object | null) as object
  for (const [name, value] of Object.entries(given)) {
    Object.defineProperty(copy, name, { value: built(value), enumerable: true, configurable: true, writable: true })
  }
  return copy
}

/** Changes what was handed over, as its owner may: nobody who took it over must notice. */
export function spoil(given: unknown, seen: Set<unknown> = new Set<unknown>()): void {
  if (seen.has(given)) return
  seen.add(given)
  if (Array.isArray(given)) {
    for (const value of given) spoil(value, seen)
    if (!isTimeInputHrTime(given)) given.push('spoilt')
  } else if (isPlain(given) && !('traceId' in given)) {
    for (const value of Object.values(given)) spoil(value, seen)
    Object.assign(given, { spoilt: true })
  }
}

function holdsItself(): unknown[] {
  const loop: unknown[] = []
  loop.push(loop)
  return loop
}

function isPlain(given: unknown): given is object {
  if (typeof given !== 'object' || given === null) return false
  const prototype: unknown = Object.getPrototypeOf(given)
  return prototype === null || prototype === Object.prototype
}
