import { batch, computed, signal, type ReadonlySignal } from '@preact/signals'
import type { TraceRow } from '../../serve/wire.js'
import { holdStill, rows } from '../state/live.js'
import { location } from '../state/location.js'

/** The rows of the list as the user wants them: within the brush, and in the order that a column's head was pressed for. */

export type SortKey = 'time' | 'duration' | 'spans' | 'findings'
export interface Sort {
  readonly key: SortKey
  readonly isDescending: boolean
}

const NEWEST_FIRST: Sort = { key: 'time', isDescending: true }
const sortNow = signal<Sort>(NEWEST_FIRST)
export const sort: ReadonlySignal<Sort> = sortNow

const VALUES: Readonly<Record<SortKey, (row: TraceRow) => number>> = {
  time: ({ startMicros }) => startMicros,
  duration: (row) => durationOf(row) ?? -1,
  spans: ({ spanCount }) => spanCount,
  findings: ({ findings = [] }) => findings.reduce((sum, { level }) => sum + (level === 'error' ? 100 : 1), 0),
}

export function durationOf(row: TraceRow): number | undefined {
  return row.answeredMicros
}

/** First the largest, then the smallest, then as they arrived. */
export function sortBy(key: SortKey): void {
  const { key: current, isDescending } = sortNow.peek()
  batch(() => {
    sortNow.value =
      current !== key ? { key, isDescending: true } : isDescending ? { key, isDescending: false } : NEWEST_FIRST
    holdStill('sorted', sortNow.peek() !== NEWEST_FIRST && sortNow.peek().key !== 'time')
  })
}

export const shownRows: ReadonlySignal<readonly TraceRow[]> = computed(() => {
  const { brush } = location.value
  const within = brush
    ? rows.value.filter(({ startMicros }) => startMicros >= brush[0] && startMicros <= brush[1])
    : rows.value
  const { key, isDescending } = sortNow.value
  if (sortNow.value === NEWEST_FIRST) return within
  const valueOf = VALUES[key]
  const direction = isDescending ? -1 : 1
  return within.toSorted((a, b) => direction * (valueOf(a) - valueOf(b)))
})

/** The longest of the rows, which the bars are drawn against. */
export const longestMicros: ReadonlySignal<number> = computed(() =>
  shownRows.value.reduce((longest, row) => Math.max(longest, durationOf(row) ?? 0), 0),
)
