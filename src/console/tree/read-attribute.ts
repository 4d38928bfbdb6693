import { clean } from '../drawing/terminal-text.js'

/** The first of the attributes that is there, as one clean line. */
export function read(attributes: Readonly<Record<string, unknown>>, ...keys: string[]): string | undefined {
  for (const key of keys) {
    try {
      const value = attributes[key]
      if (value !== undefined && value !== null && value !== '') return clean(value)
    } catch {
      return '(unreadable)'
    }
  }
  return undefined
}
