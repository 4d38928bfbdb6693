/** `URL.parse`, also where Node.js doesn't have it: what apps call works there without tracing. Null where it is no URL. */
export function parseUrl(text: string): URL | null {
  if (typeof (URL as Partial<typeof URL>).parse === 'function') return URL.parse(text)
  try {
    return new URL(text)
  } catch {
    return null
  }
}
