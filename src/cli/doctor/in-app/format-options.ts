/** Options of startTracing as `name` → text, the nested ones as `batch.maxQueueSize`. Values that may be secret are left out. */
export function formatOptions(options: object): Record<string, string> {
  const words: Record<string, string> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (NESTED.has(name) && typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value as object)) words[`${name}.${key}`] = inWords(inner)
    } else words[name] = SPECIAL[name]?.(value as object) ?? inWords(value)
  }
  return words
}

const NESTED: ReadonlySet<string> = new Set(['batch', 'spanLimits', 'resourceAttributes'])

const SPECIAL: Readonly<Record<string, ((value: object) => string) | undefined>> = {
  force: (force) => `header ${inWords((force as { header?: unknown }).header)}, secret ***`,
  instrumentationConfig: (config) => Object.keys(config).join(', '),
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
