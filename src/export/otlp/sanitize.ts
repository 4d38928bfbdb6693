import type { Attributes } from '@opentelemetry/api'
import { attempt } from '../../internal/checks/attempt.js'

/**
 * How deeply values may be nested. Many protobuf libraries refuse a message of more than a hundred levels, and with it the
 * whole batch; a map inside a map takes three of them.
 */
export const MOST_LEVELS = 24

/** The text, or what the value says of itself; empty where it has nothing to say. */
export function sanitizeText(read: () => unknown): string {
  // A symbol has no text by itself, and an object's may throw.
  return attempt(() => textOf(read())) ?? ''
}

/** A number from 0 on; 0 where there is none. */
export function sanitizeCount(read: () => unknown): number {
  const count = attempt(read)
  return typeof count === 'number' && count > 0 ? count : 0
}

/** The member of an enum; the first one where it can't be read. */
export function sanitizeEnum<T extends number>(read: () => T | undefined): T {
  const member = attempt(read)
  return member !== undefined && Number.isInteger(member) ? member : (0 as T)
}

/** A plain copy of what can be read, and how many attributes could not. What is nested too deeply is left empty. */
export function sanitizeAttributes(read: () => unknown): { attributes: Attributes; lost: number } {
  const source = attempt(read)
  const attributes: Attributes = {}
  let lost = 0
  if (typeof source !== 'object' || source === null) return { attributes, lost }
  const ancestors = [source]
  for (const key of attempt(() => Object.keys(source)) ?? []) {
    try {
      define(attributes, key, copyOf((source as Record<string, unknown>)[key], ancestors))
    } catch {
      lost += 1
    }
  }
  return { attributes, lost }
}

function textOf(value: unknown): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- What an object says of itself is better than nothing.
  return value == null ? '' : String(value)
}

/** Throws where a part can't be read, or holds itself. */
function copyOf(value: unknown, ancestors: readonly object[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (ancestors.includes(value)) throw new TypeError('it holds itself')
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (ancestors.length > MOST_LEVELS) return undefined
  const path = [...ancestors, value]
  if (Array.isArray(value)) return Array.from(value, (item) => copyOf(item, path))
  const copy = {}
  for (const key of Object.keys(value)) define(copy, key, copyOf((value as Record<string, unknown>)[key], path))
  return copy
}

/** Sets also a key like `__proto__` as a property of its own. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
