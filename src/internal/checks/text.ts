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
