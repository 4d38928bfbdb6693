import type { Attributes, AttributeValue } from '../model/received-span.js'

/** The first of the attributes that is a text with something in it. */
export function textOf(attributes: Attributes, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/** The first of the attributes that is a number; some senders write numbers as text. */
export function numberOf(attributes: Attributes, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = attributes[key]
    if (typeof value === 'number') return value
    if (typeof value === 'bigint') return Number(value)
    if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  }
  return undefined
}

/** All texts and numbers of a value, those of lists and maps parted by blanks. */
export function flatText(value: AttributeValue): string {
  if (typeof value === 'object' && value !== null) return Object.values(value).map(flatText).join(' ')
  return String(value)
}
