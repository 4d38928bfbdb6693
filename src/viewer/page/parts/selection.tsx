import type { JSX } from 'preact'
import type { Selection } from '../../serve/wire.js'
import { counted } from './format.js'
import { addressOf, location } from '../state/location.js'

/** What the server is asked for a view over all traces that the filter and the brush leave. */
export function selectionPath(view: 'map' | 'flame'): string {
  const { query, brush } = location.value
  return `/api${addressOf({ view: { name: view }, query, brush, span: undefined })}`
}

/** Over how many traces a view is: no figure without it. */
export function SelectionNote({
  selection,
  what,
}: {
  readonly selection: Selection
  readonly what: string
}): JSX.Element {
  const { traces, hasMore } = selection
  return (
    <p class="none">
      {hasMore ? `The newest ${counted(traces, 'trace')} that match` : counted(traces, 'trace')}. {what}
    </p>
  )
}
