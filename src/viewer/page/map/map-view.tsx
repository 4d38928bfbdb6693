import type { JSX } from 'preact'
export function MapView(): JSX.Element {
  return <p />
}
export function MapPart(_: { readonly traceId: string }): JSX.Element {
  return <p />
}
