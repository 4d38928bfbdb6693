import { EOL } from 'node:os'

/** A record as a line of JSON. Never throws: what is circular or throws is named in its place. */
export function jsonLine(record: object): string {
  try {
    return JSON.stringify(record) + EOL
  } catch {
    return JSON.stringify(withoutTraps(record)) + EOL
  }
}

/** The record with each field by itself, so that one bad field does not take the others along. */
function withoutTraps(record: object): Record<string, unknown> {
  // Without a prototype, a field called __proto__ is one like any other.
  const safe = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(record)) {
    try {
      const text = JSON.stringify(value, withoutCircles()) as string | undefined
      if (text !== undefined) safe[name] = JSON.parse(text)
    } catch {
      safe[name] = '[not serializable]'
    }
  }
  return safe
}

function withoutCircles(): (this: unknown, key: string, value: unknown) => unknown {
  const above: unknown[] = []
  return function (_key, value) {
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    // JSON.stringify goes depth first: what is not the holder of this value has been left.
    while (above.length > 0 && above.at(-1) !== this) above.pop()
    if (above.includes(value)) return '[Circular]'
    above.push(value)
    return value
  }
}
