import { OPTIONS } from '../../../config/options.js'
import type { AnyTable } from '../../../internal/checks/option-table.js'

/** Options as `name` → text, the nested ones as `batch.maxQueueSize`. Values that may be secret are left out. */
export function formatOptions(options: object): Record<string, string> {
  const { resourceAttributes = {}, ...others } = options as { resourceAttributes?: object }
  return { ...formatTable(OPTIONS, others), ...prefixed('resourceAttributes', resourceAttributes) }
}

function formatTable(table: AnyTable, options: object, prefix = ''): Record<string, string> {
  const values = new Map<string, unknown>(Object.entries(options))
  const entries = Object.entries(table).flatMap(([key, row]): [string, string][] => {
    const value = values.get(key)
    const name = `${prefix}${key}`
    if (value === undefined) return []
    if (row.table) return Object.entries(formatTable(row.table, value as object, `${name}.`))
    return [[name, (row.format?.(value) ?? inWords(value)) || 'none']]
  })
  return Object.fromEntries(entries)
}

function prefixed(prefix: string, values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, inWords(value)]))
}

/** What a reader would call it: a text, a list, how a part describes itself, or its class. */
export function inWords(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.map(inWords).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  const text = described(value)
  if (text !== undefined) return text
  const { name = 'Object' } = (value.constructor as { name?: string } | undefined) ?? {}
  return name === 'Object' ? `{ ${Object.keys(value).join(', ')} }` : name
}

function described(value: object): string | undefined {
  try {
    const text = (value as { toString(): string }).toString()
    return text.startsWith('[object ') ? undefined : text
  } catch {
    return undefined
  }
}
