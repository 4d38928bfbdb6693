import type { JSX } from 'preact'
export function FlameView(): JSX.Element {
  return <p />
}
export function FlamePart(_: { readonly traceId: string }): JSX.Element {
  return <p />
}
