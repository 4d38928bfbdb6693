import { amend, go, location } from '../state/location.js'
import { analysis, reveal, rowKeyOf } from '../state/open-trace.js'

/** Shows a span of the open trace in the waterfall, and moves focus there. */
export function jumpTo(id: string | undefined): void {
  const node = id === undefined ? undefined : analysis.peek()?.byId.get(id)
  if (!node) return
  reveal(node)
  const { view } = location.peek()
  const span = rowKeyOf(node)
  if (view.name === 'trace' && view.part !== 'waterfall') go({ view: { ...view, part: 'waterfall' }, span })
  else amend({ span })
  document.querySelector<HTMLElement>('.rows')?.focus()
}
