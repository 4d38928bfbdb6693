import type { JSX } from 'preact'
export function CompareView(_: { readonly a: string; readonly b: string }): JSX.Element {
  return <p />
}
