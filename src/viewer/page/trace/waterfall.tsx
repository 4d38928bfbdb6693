import { computed, type ReadonlySignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { SpanNode } from '../../analysis/span-node.js'
import type { RowView } from '../../rows/row-view.js'
import type { TraceHead } from '../../rows/trace-head.js'
import type { WaterfallMode } from '../../rows/waterfall-rows.js'
import { grouped } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { RowWindow } from '../parts/row-window.js'
import { isNarrow } from '../parts/screen.js'
import { amend, location } from '../state/location.js'
import {
  analysis,
  expandAll,
  foldAll,
  isOtherReading,
  isRaw,
  mode,
  onceWhole,
  reveal,
  rowAt,
  rowCount,
  rowIndexOf,
  rowKeyOf,
  setExpanded,
  setZoom,
  zoom,
} from '../state/open-trace.js'
import { hits } from '../state/search.js'
import { Details } from './details.js'
import { Minimap } from './minimap.js'
import { Axis, rowId, SpanRow } from './span-row.js'

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

export function Waterfall({ head }: { readonly head: TraceHead }): JSX.Element {
  const { span: selected } = location.value
  const trace = analysis.value
  const active = rowIndexOf(selected)
  const range = zoom.value ?? [0, head.durationMicros || 1]
  useEffect(() => {
    // A link names a span that is folded, or left out.
    onceWhole(() => {
      const node = selectedNode.peek()
      if (!node || rowIndexOf(location.peek().span) >= 0) return
      reveal(node)
      amend({ span: rowKeyOf(node) })
    })
    document.querySelector<HTMLElement>('#waterfall')?.focus({ preventScroll: true })
  }, [head.traceId])
  useKeys(WATERFALL_KEYS)
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
          {(head.clockSkews.length > 0 || isRaw.value) && (
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
          {(trace?.criticalPath?.hasOther === true || isOtherReading.value) && (
            <button
              type="button"
              aria-pressed={isOtherReading.value}
              title="Several spans ran at the same time, and timing cannot tell which of them was waited for: shows the path through the second candidate (o)"
              onClick={() => {
                isOtherReading.value = !isOtherReading.value
              }}
            >
              Other reading
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
        {trace ? <Minimap trace={trace} /> : <div class="minimap" />}
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
                <SpanRow
                  key={row.key}
                  row={row}
                  index={index}
                  style={style}
                  range={range}
                  isChosen={index === active}
                />
              )
            )
          }}
        />
      </div>
      {selected !== undefined && trace && <Details trace={trace} node={selectedNode.value} />}
    </div>
  )
}

/** The trace and what is chosen are asked for with each press: they change faster than the page is drawn. */
function waterfallKeys(): Readonly<Record<string, () => void>> {
  const wholeMicros = (): number => analysis.peek()?.durationMicros ?? 0
  const activeIndex = (): number => rowIndexOf(location.peek().span)
  const move = (by: number): void => {
    select(activeIndex() + by)
  }
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
    const whole = wholeMicros()
    const [from, to] = zoom.peek() ?? [0, whole]
    const node = selectedNode.peek()
    const middle =
      node && node.startMicros < to && (node.endMicros ?? 0) > from
        ? (node.startMicros + (node.endMicros ?? node.startMicros)) / 2
        : (from + to) / 2
    const half = Math.max(((to - from) * factor) / 2, 0.5)
    setZoom(whole, middle - half, middle + half)
  }
  const pan = (by: number): void => {
    const whole = wholeMicros()
    const [from, to] = zoom.peek() ?? [0, whole]
    const shift = Math.min(Math.max((to - from) * by, -from), whole - to)
    setZoom(whole, from + shift, to + shift)
  }
  const activeRow = (): RowView | undefined => rowAt(activeIndex())
  const down = (): void => {
    move(1)
  }
  const up = (): void => {
    move(-1)
  }
  return {
    j: down,
    k: up,
    ArrowDown: down,
    ArrowUp: up,
    PageDown: () => {
      move(20)
    },
    PageUp: () => {
      move(-20)
    },
    Home: () => {
      select(0)
    },
    End: () => {
      select(rowCount.peek() - 1)
    },
    ArrowLeft: () => {
      const row = activeRow()
      if (row?.isExpanded === true) setExpanded(row.key, false)
      else if (row) select(parentIndexOf(activeIndex(), row.level))
    },
    ArrowRight: () => {
      const row = activeRow()
      if (row?.isExpanded === false) setExpanded(row.key, true)
      else if (row?.isExpanded === true) down()
    },
    Enter: () => {
      const row = activeRow()
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
      step(pathNodes(), 1)
    },
    '[': () => {
      step(pathNodes(), -1)
    },
    '.': () => {
      step(
        (analysis.peek()?.nodes ?? []).filter(({ span }) => span.status === 'error'),
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
    o: () => {
      if (analysis.peek()?.criticalPath?.hasOther === true || isOtherReading.peek()) {
        isOtherReading.value = !isOtherReading.peek()
      }
    },
    r: () => {
      isRaw.value = !isRaw.value
    },
  }
}

function pathNodes(): readonly SpanNode[] {
  return [...new Set((analysis.peek()?.criticalPath?.sections ?? []).map(({ node }) => node))]
}

function parentIndexOf(index: number, level: number): number {
  for (let at = index - 1; at >= 0; at--) {
    const row = rowAt(at)
    if (row && row.level < level) return at
  }
  return index
}

const WATERFALL_KEYS = Object.fromEntries(
  Object.entries(waterfallKeys()).map(([key, action]) => [
    key,
    () => {
      onceWhole(action)
    },
  ]),
)
