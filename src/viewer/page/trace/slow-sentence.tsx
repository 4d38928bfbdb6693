import type { JSX } from 'preact'
export function SlowSentence(_: { readonly traceId: string }): JSX.Element | null {
  return null
}
