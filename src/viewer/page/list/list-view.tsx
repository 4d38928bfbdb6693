import type { JSX } from 'preact'
import { isLoaded, rows, runState } from '../state/live.js'
import { location } from '../state/location.js'
import { EmptyPage } from './empty-page.js'
import { FindingsPanel } from './findings-panel.js'
import { LatencyPanel } from './latency-panel.js'
import { TraceList } from './trace-list.js'

export function ListView(): JSX.Element {
  const isEmpty = runState.value.counts.traces === 0 && rows.value.length === 0
  if (isEmpty && location.value.query === '') return isLoaded.value ? <EmptyPage /> : <p class="hint">Loading…</p>
  return (
    <div class="list-view">
      <h1 class="off-screen">Traces</h1>
      <FindingsPanel />
      <LatencyPanel />
      <TraceList />
    </div>
  )
}
