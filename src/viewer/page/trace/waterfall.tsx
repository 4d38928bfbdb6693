import { computed, type ReadonlySignal } from '@preact/signals'
import type { CSSProperties, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { SpanNode } from '../../analysis/span-node.js'
import type { TraceAnalysis } from '../../analysis/trace-analysis.js'
import type { RowView } from '../../rows/row-view.js'
import type { WaterfallMode } from '../../rows/waterfall-rows.js'
import { colourClass } from '../parts/colours.js'
import { duration, grouped } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { RowWindow } from '../parts/row-window.js'
import { isNarrow } from '../parts/screen.js'
import { amend, location } from '../state/location.js'
import {
  analysis,
  expandAll,
  foldAll,
  isRaw,
  logsBySpan,
  mode,
  reveal,
  rowAt,
  rowCount,
  rowIndexOf,
  rowKeyOf,
  setExpanded,
  zoom,
} from '../state/open-trace.js'
import { hits } from '../state/search.js'
import { Details } from './details.js'
import { Minimap } from './minimap.js'

/** The span of the chosen row. */
export const selectedNode: ReadonlySignal<SpanNode | undefined> = computed(() => {
  const key = location.value.span
  const trace = analysis.value
  return key === undefined || !trace ? undefined : trace.byId.get(key.replace(/^fold:/, ''))
})

const MODES: readonly (readonly [mode: WaterfallMode, label: string])[] = [
  ['all', 'All'],
  ['path', 'Only path'],
  ['errors', 'Only errors'],
]

export function Waterfall({ trace }: { readonly trace: TraceAnalysis }): JSX.Element {
  const { span: selected } = location.value
  const active = rowIndexOf(selected)
  const range = zoom.value ?? [0, trace.durationMicros || 1]
  useEffect(() => {
    // A link names a span that is folded, or left out.
    const node = selectedNode.peek()
    if (node && rowIndexOf(location.peek().span) < 0) {
      reveal(node)
      amend({ span: rowKeyOf(node) })
    }
    document.querySelector<HTMLElement>('#waterfall')?.focus({ preventScroll: true })
  }, [trace.traceId])
  useKeys(waterfallKeys(trace, active))
  return (
    <div class={`waterfall ${selected === undefined ? '' : 'has-details'}`}>
      <div class="waterfall-main">
        <div class="toolbar" role="toolbar" aria-label="Waterfall">
          {MODES.map(([value, label]) => (
            <button
              key={value}
              type="button"
              aria-pressed={mode.value === value}
              onClick={() => {
                mode.value = value
              }}
            >
              {label}
            </button>
          ))}
          <button type="button" title="Fold all (e)" onClick={foldAll}>
            Fold
          </button>
          <button type="button" title="Unfold all (E)" onClick={expandAll}>
            Unfold
          </button>
          {(trace.clockSkews.length > 0 || isRaw.value) && (
            <button
              type="button"
              aria-pressed={isRaw.value}
              title="Times as they were sent (r)"
              onClick={() => {
                isRaw.value = !isRaw.value
              }}
            >
              Raw times
            </button>
          )}
          {zoom.value && (
            <button
              type="button"
              title="All (0)"
              onClick={() => {
                zoom.value = undefined
              }}
            >
              Whole trace
            </button>
          )}
          {location.value.query !== '' && <span class="hits">{grouped(hits.value.length)} hits (n, N)</span>}
          <span class="legend" aria-hidden="true">
            <span class="path-sample" /> critical path <span class="path-sample assumed" /> assumed
          </span>
        </div>
        <Minimap trace={trace} />
        <RowWindow
          id="waterfall"
          role="treegrid"
          label="Spans"
          class="span-rows"
          count={rowCount.value}
          columns={3}
          rowHeight={isNarrow.value ? 44 : 22}
          active={active}
          activeId={selected === undefined ? undefined : rowId(selected)}
          header={<Axis range={range} />}
          headerHeight={22}
          row={(index, style) => {
            const row = rowAt(index)
            return (
              row && (
                <Row key={row.key} row={row} index={index} style={style} range={range} isChosen={index === active} />
              )
            )
          }}
        />
      </div>
      {selected !== undefined && <Details trace={trace} node={selectedNode.value} />}
    </div>
  )
}

function rowId(key: string): string {
  return `row-${key.replace(/[^\w-]/g, '_')}`
}

function waterfallKeys(trace: TraceAnalysis, active: number): Readonly<Record<string, () => void>> {
  const select = (index: number): void => {
    const row = rowAt(Math.min(Math.max(index, 0), rowCount.peek() - 1))
    if (row) amend({ span: row.key })
  }
  const show = (node: SpanNode | undefined): void => {
    if (!node) return
    reveal(node)
    amend({ span: rowKeyOf(node) })
  }
  const step = (nodes: readonly SpanNode[], by: 1 | -1): void => {
    const selected = selectedNode.peek()
    const at = selected ? nodes.indexOf(selected) : -1
    show(nodes[at < 0 && by < 0 ? nodes.length - 1 : (at + by + nodes.length) % nodes.length])
  }
  const zoomBy = (factor: number): void => {
    const whole = trace.durationMicros
    const [from, to] = zoom.peek() ?? [0, whole]
    const node = selectedNode.peek()
    const middle =
      node && node.startMicros < to && (node.endMicros ?? 0) > from
        ? (node.startMicros + (node.endMicros ?? node.startMicros)) / 2
        : (from + to) / 2
    const half = Math.max(((to - from) * factor) / 2, 0.5)
    setZoom(trace, middle - half, middle + half)
  }
  const pan = (by: number): void => {
    const [from, to] = zoom.peek() ?? [0, trace.durationMicros]
    const shift = Math.min(Math.max((to - from) * by, -from), trace.durationMicros - to)
    setZoom(trace, from + shift, to + shift)
  }
  const row = rowAt(active)
  return {
    j: () => {
      select(active + 1)
    },
    k: () => {
      select(active - 1)
    },
    ArrowDown: () => {
      select(active + 1)
    },
    ArrowUp: () => {
      select(active - 1)
    },
    PageDown: () => {
      select(active + 20)
    },
    PageUp: () => {
      select(active - 20)
    },
    Home: () => {
      select(0)
    },
    End: () => {
      select(rowCount.peek() - 1)
    },
    ArrowLeft: () => {
      if (row?.isExpanded === true) setExpanded(row.key, false)
      else if (row) select(parentIndexOf(active, row.level))
    },
    ArrowRight: () => {
      if (row?.isExpanded === false) setExpanded(row.key, true)
      else if (row?.isExpanded === true) select(active + 1)
    },
    Enter: () => {
      if (row?.isExpanded !== undefined) setExpanded(row.key, !row.isExpanded)
    },
    e: foldAll,
    E: expandAll,
    n: () => {
      step(hits.peek(), 1)
    },
    N: () => {
      step(hits.peek(), -1)
    },
    ']': () => {
      step(pathNodes(trace), 1)
    },
    '[': () => {
      step(pathNodes(trace), -1)
    },
    '.': () => {
      step(
        trace.nodes.filter(({ span }) => span.status === 'error'),
        1,
      )
    },
    '+': () => {
      zoomBy(0.5)
    },
    '=': () => {
      zoomBy(0.5)
    },
    '-': () => {
      zoomBy(2)
    },
    '0': () => {
      zoom.value = undefined
    },
    a: () => {
      pan(-0.25)
    },
    d: () => {
      pan(0.25)
    },
    r: () => {
      isRaw.value = !isRaw.value
    },
  }
}

export function setZoom(trace: TraceAnalysis, from: number, to: number): void {
  const whole = trace.durationMicros
  const [start, end] = [Math.max(from, 0), Math.min(to, whole)]
  zoom.value = end - start >= whole || end <= start ? undefined : [start, end]
}

function pathNodes({ criticalPath }: TraceAnalysis): readonly SpanNode[] {
  return [...new Set((criticalPath?.sections ?? []).map(({ node }) => node))]
}

function parentIndexOf(index: number, level: number): number {
  for (let at = index - 1; at >= 0; at--) {
    const row = rowAt(at)
    if (row && row.level < level) return at
  }
  return index
}

type Range = readonly [from: number, to: number]

function Axis({ range: [from, to] }: { readonly range: Range }): JSX.Element {
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

function Row({ row, index, style, range, isChosen }: RowProps): JSX.Element {
  const isHit = hits.value.length > 0 && hits.value.some(({ id }) => id === row.spanKey)
  const logs = logsBySpan.value.get(row.spanKey)?.length ?? 0
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
  return (
    <>
      {joined(row.bars, (to - from) * FINEST_SHARE)
        .filter(isSeen)
        .map(([start, end]) => (
          <span
            key={start}
            class={`bar ${colourClass(row.service)} ${row.isError ? 'failed' : ''} ${row.hasEnded ? '' : 'open'}`}
            style={place(start, end)}
          />
        ))}
      {row.path.filter(isSeen).map(([start, end, isAssumed]) => (
        <span key={`p${start}`} class={`path ${isAssumed ? 'assumed' : ''}`} style={place(start, end)} />
      ))}
    </>
  )
}

function joined(bars: RowView['bars'], gap: number): readonly (readonly [number, number])[] {
  if (bars.length < 2) return bars
  const merged: [number, number][] = []
  for (const [start, end] of bars.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && start <= last[1] + gap) last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}
