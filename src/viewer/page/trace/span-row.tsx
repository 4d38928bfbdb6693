import type { CSSProperties, JSX } from 'preact'
import { joined } from '../../rows/joined.js'
import type { RowView } from '../../rows/row-view.js'
import { colourClass } from '../parts/colours.js'
import { counted, duration } from '../parts/format.js'
import { isNarrow } from '../parts/screen.js'
import { amend } from '../state/location.js'
import { linksHere, logsBySpan, setExpanded } from '../state/open-trace.js'
import { hitIds } from '../state/search.js'

/** The id of a row's element, which focus follows. */
export function rowId(key: string): string {
  return `row-${key.replace(/[^\w-]/g, '_')}`
}

type Range = readonly [from: number, to: number]

export function Axis({ range: [from, to] }: { readonly range: Range }): JSX.Element {
  const steps = isNarrow.value ? 2 : 4
  return (
    <div class="span-row head" role="row" aria-rowindex={1}>
      <span role="columnheader" class="name">
        span
      </span>
      <span role="columnheader" class="track" aria-label="time">
        {Array.from({ length: steps }, (_, index) => (
          <span key={index} class="tick" style={{ left: `${(index / steps) * 100}%` }}>
            {duration(from + ((to - from) * index) / steps)}
          </span>
        ))}
      </span>
      <span role="columnheader" class="took">
        took
      </span>
    </div>
  )
}

interface RowProps {
  readonly row: RowView
  readonly index: number
  readonly style: CSSProperties
  readonly range: Range
  readonly isChosen: boolean
}

export function SpanRow({ row, index, style, range, isChosen }: RowProps): JSX.Element {
  const isHit = hitIds.value.has(row.spanKey)
  const logs = logsBySpan.value.get(row.spanKey)?.length ?? 0
  const links = linksHere.value.get(row.spanKey)?.length ?? 0
  return (
    <div
      id={rowId(row.key)}
      role="row"
      class={`span-row ${row.type} ${isChosen ? 'chosen' : ''} ${row.isError ? 'failed' : ''} ${isHit ? 'hit' : ''}`}
      aria-level={row.level}
      aria-expanded={row.isExpanded}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      style={style}
      onClick={() => {
        amend({ span: row.key })
      }}
      onDblClick={() => {
        if (row.isExpanded !== undefined) setExpanded(row.key, !row.isExpanded)
      }}
    >
      <span role="gridcell" class="name" style={{ paddingLeft: `${Math.min(row.level - 1, 24) * 12}px` }}>
        {row.isExpanded === undefined ? (
          <span class="twisty" />
        ) : (
          <button
            type="button"
            class="twisty"
            tabIndex={-1}
            aria-label={row.isExpanded ? 'Fold' : 'Unfold'}
            onClick={(event) => {
              event.stopPropagation()
              setExpanded(row.key, row.isExpanded !== true)
            }}
          >
            {row.type === 'folded' ? '⋯' : row.isExpanded ? '▾' : '▸'}
          </button>
        )}
        {row.service !== '' && <span class={`swatch ${colourClass(row.service)}`} aria-hidden="true" />}
        {row.isError && (
          <span class="level error">
            <span aria-hidden="true">✗ </span>
            <span class="off-screen">{row.isOrigin ? 'failed first: ' : 'failed: '}</span>
          </span>
        )}
        <span class="label" title={[`${row.service} ${row.name}`, ...row.marks].join(' · ')}>
          <span class="service">{row.service}</span> {row.name}
          {row.count > 1 && <b> ×{row.count}</b>}
        </span>
        {logs > 0 && (
          <span class="mark" title={`${logs} log records`}>
            ≡{logs}
          </span>
        )}
        {links > 0 && (
          <span class="mark" title={`${counted(links, 'link')} from elsewhere to this span`}>
            ↩{links}
          </span>
        )}
        {row.marks.length > 0 && (
          <span class="mark" title={row.marks.join(' · ')}>
            <span aria-hidden="true">!</span>
            <span class="off-screen">{row.marks.join(', ')}</span>
          </span>
        )}
      </span>
      <span role="gridcell" class="track">
        <Bars row={row} range={range} />
        {row.path.length > 0 && (
          <span class="off-screen">
            on the critical path{row.path.every(([, , isAssumed]) => isAssumed) ? ', assumed' : ''}
          </span>
        )}
      </span>
      <span role="gridcell" class="took">
        {row.type === 'missing' ? '' : row.hasEnded ? duration(row.durationMicros) : '…'}
      </span>
    </div>
  )
}

/** So fine the bars of a folded row are drawn: what is nearer is one bar. */
const FINEST_SHARE = 0.002

function Bars({ row, range }: { readonly row: RowView; readonly range: Range }): JSX.Element {
  const [from, to] = range
  const place = (start: number, end: number): CSSProperties => ({
    left: `${((Math.max(start, from) - from) / (to - from)) * 100}%`,
    width: `${(Math.max(Math.min(end, to) - Math.max(start, from), 0) / (to - from)) * 100}%`,
  })
  const isSeen = ([start, end]: readonly [number, number, ...unknown[]]): boolean => end >= from && start <= to
  const gap = (to - from) * FINEST_SHARE
  return (
    <>
      {joined(row.bars, gap)
        .filter(isSeen)
        .map(([start, end]) => (
          <span
            key={start}
            class={`bar ${colourClass(row.service)} ${row.isError ? 'failed' : ''} ${row.hasEnded ? '' : 'open'}`}
            style={place(start, end)}
          />
        ))}
      {joined(row.path, gap)
        .filter(isSeen)
        .map(([start, end, isAssumed]) => (
          <span key={`p${start}`} class={`path ${isAssumed ? 'assumed' : ''}`} style={place(start, end)} />
        ))}
    </>
  )
}
