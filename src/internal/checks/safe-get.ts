export function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

/** Reads a property of something that is not ours; undefined when a getter or a proxy throws. */
export function safeGet(value: unknown, key: PropertyKey): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    return (value as Record<PropertyKey, unknown>)[key]
  } catch {
    return undefined
  }
}

export type Method = (this: unknown, ...args: unknown[]) => unknown

export function safeGetMethod(value: unknown, key: PropertyKey): Method | undefined {
  const method = safeGet(value, key)
  return typeof method === 'function' ? (method as Method) : undefined
}

/** False when a proxy refuses the question. */
export function isInstanceOf<T>(value: unknown, constructor: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof constructor
  } catch {
    return false
  }
}

/** The text of what should be one; callers in plain JavaScript may hand over anything, also what has no text. */
export function textOrEmpty(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  const given: unknown = value
  try {
    return String(given)
  } catch {
    return ''
  }
}
