import type { JSX } from 'preact'
export function DifferencePanel(): JSX.Element | null {
  return null
}
