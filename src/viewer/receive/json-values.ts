import type { AttributeValue } from '../model/received-span.js'
import { MAX_VALUE_DEPTH, newAttributes, TOO_DEEP } from './decoded.js'

/** What JSON.parse may give. Fields are read one by one, since a sender may have put anything there. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function objectsOf(value: unknown): readonly JsonObject[] {
  return listOf(value).filter(isObject)
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** A number, or the text of one, as JSON has integers of 64 bits. */
export function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : 0
}

export function finiteNumberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Any JSON as a value of an attribute, down to where nobody reads it. */
export function attributeValueOf(value: unknown, depth = 0): AttributeValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null) return null
  if (depth >= MAX_VALUE_DEPTH) return TOO_DEEP
  if (Array.isArray(value)) return value.map((item) => attributeValueOf(item, depth + 1))
  const map = newAttributes()
  for (const [key, item] of Object.entries(value)) map[key] = attributeValueOf(item, depth + 1)
  return map
}
