import { signal } from '@preact/signals'
import type { CSSProperties, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { TraceRow } from '../../serve/wire.js'
import { colourClass } from '../parts/colours.js'
import { clockTime, counted, duration, grouped } from '../parts/format.js'
import { useKeys, type Keys } from '../parts/keys.js'
import { Rich } from '../parts/rich.js'
import { RowWindow } from '../parts/row-window.js'
import { isNarrow } from '../parts/screen.js'
import { marked, markOrCompare } from '../state/actions.js'
import { hasMore, heldCount, holdStill, isPaused, loadMore, rows, showHeld } from '../state/live.js'
import { amend, follow, go, location } from '../state/location.js'
import { termOf, withTerm } from '../state/query-text.js'
import { durationOf, longestMicros, shownRows, sort, sortBy, type SortKey } from './shown-rows.js'

/** The trace that the keys are on. It stays chosen while rows come and go. */
const chosenId = signal<string | undefined>(undefined)

/** What is chosen is asked for with each press: keys that are held down come faster than the page is drawn. */
function chosenRow(): TraceRow | undefined {
  return shownRows.peek().find(({ traceId }) => traceId === chosenId.peek())
}

function move(by: number): void {
  const list = shownRows.peek()
  const at = list.findIndex(({ traceId }) => traceId === chosenId.peek())
  const next = list[Math.min(Math.max(at + by, 0), list.length - 1)]
  if (next) chosenId.value = next.traceId
}

function markChosen(): void {
  const row = chosenRow()
  if (row) markOrCompare(row.traceId)
}

const LIST_KEYS: Keys = {
  j: () => {
    move(1)
  },
  k: () => {
    move(-1)
  },
  ArrowDown: () => {
    move(1)
  },
  ArrowUp: () => {
    move(-1)
  },
  PageDown: () => {
    move(20)
  },
  PageUp: () => {
    move(-20)
  },
  Home: () => {
    move(-Infinity)
  },
  End: () => {
    move(Infinity)
  },
  Enter: () => {
    const row = chosenRow()
    if (row) open(row)
  },
  Escape: () => {
    if (chosenId.peek() !== undefined) chosenId.value = undefined
    else amend({ query: '', brush: undefined })
  },
  p: () => {
    isPaused.value = !isPaused.value
  },
  v: markChosen,
  c: markChosen,
  m: () => {
    go({ ...location.peek(), view: { name: 'map' } })
  },
  f: () => {
    go({ ...location.peek(), view: { name: 'flame' } })
  },
}

export function TraceList(): JSX.Element {
  const list = shownRows.value
  const active = chosenId.value === undefined ? -1 : list.findIndex(({ traceId }) => traceId === chosenId.value)
  const chosen = list[active]
  useKeys(LIST_KEYS)
  useEffect(() => {
    holdStill('chosen', chosen !== undefined)
  }, [chosen === undefined])
  useEffect(
    () => () => {
      holdStill('chosen', false)
      holdStill('pointer', false)
      holdStill('scrolled', false)
    },
    [],
  )
  const height = isNarrow.value ? 56 : 28
  return (
    <section
      class="traces"
      aria-label="Traces"
      onPointerEnter={(event) => {
        if (event.pointerType === 'mouse') holdStill('pointer', true)
      }}
      onPointerLeave={() => {
        holdStill('pointer', false)
      }}
    >
      <button type="button" class="pill" hidden={heldCount.value === 0} onClick={showHeld}>
        {grouped(heldCount.value)} new
      </button>
      <RowWindow
        id="traces"
        role="grid"
        label="Traces, newest first"
        class="trace-rows"
        count={list.length}
        columns={7}
        rowHeight={height}
        active={active}
        activeId={chosen && `trace-${chosen.traceId}`}
        header={<Head />}
        headerHeight={isNarrow.value ? 0 : 28}
        onScroll={(top) => {
          holdStill('scrolled', top > 0)
        }}
        row={(index, style) => {
          const row = list[index]
          return row && <Row key={row.traceId} row={row} index={index} style={style} isChosen={row === chosen} />
        }}
      />
      <p class="foot">
        {list.length === 0
          ? 'No trace matches.'
          : list.length === rows.value.length
            ? counted(list.length, 'trace')
            : `${grouped(list.length)} of ${counted(rows.value.length, 'trace')} within the brush`}
        {hasMore.value && (
          <button type="button" onClick={() => void loadMore()}>
            load older ones
          </button>
        )}
        {location.value.brush && (
          <button
            type="button"
            onClick={() => {
              amend({ brush: undefined })
            }}
          >
            remove the brush
          </button>
        )}
      </p>
    </section>
  )
}

function Head(): JSX.Element {
  return (
    <div class="trace-row head" role="row" aria-rowindex={1}>
      <span role="columnheader" class="state">
        <span class="off-screen">State</span>
      </span>
      <SortHead label="time" by="time" class="time" />
      <span role="columnheader" class="request">
        request
      </span>
      <SortHead label="answered" by="duration" class="answered" />
      <SortHead label="spans" by="spans" class="count" />
      <span role="columnheader" class="services-cell">
        services
      </span>
      <SortHead label="findings" by="findings" class="found" />
    </div>
  )
}

function SortHead(props: { readonly label: string; readonly by: SortKey; readonly class: string }): JSX.Element {
  const { key, isDescending } = sort.value
  const isSorted = key === props.by
  return (
    <span
      role="columnheader"
      class={props.class}
      aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        tabIndex={-1}
        onClick={() => {
          sortBy(props.by)
        }}
      >
        {props.label}
        {isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}
      </button>
    </span>
  )
}

interface RowProps {
  readonly row: TraceRow
  readonly index: number
  readonly style: CSSProperties
  readonly isChosen: boolean
}

function Row({ row, index, style, isChosen }: RowProps): JSX.Element {
  const taken = durationOf(row)
  const [finding, ...others] = row.findings ?? []
  const link = follow({ view: { name: 'trace', traceId: row.traceId, part: 'waterfall' } })
  return (
    <div
      id={`trace-${row.traceId}`}
      class={`trace-row ${isChosen ? 'chosen' : ''} ${row.hasError ? 'failed' : ''} ${marked.value === row.traceId ? 'marked' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      style={style}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('a, button')) return
        open(row)
      }}
    >
      <span role="gridcell" class="state">
        <State row={row} />
      </span>
      <span role="gridcell" class="time">
        {clockTime(row.startMicros)}
      </span>
      <span role="gridcell" class="request">
        <a tabIndex={-1} {...link}>
          <span class="service">{row.service}</span> {row.name}
        </a>
        {!row.hasRoot && <em> root still open or lost</em>}
        {row.hasRoot && (
          <button
            type="button"
            tabIndex={-1}
            class="hide"
            title={`Hide ${row.name}`}
            aria-label={`Hide ${row.name}`}
            onClick={() => {
              amend({ query: withTerm(location.value.query, termOf('root', '=', row.name, true)) })
            }}
          >
            hide
          </button>
        )}
      </span>
      <span role="gridcell" class="answered">
        <span class="figure">{taken === undefined ? '…' : duration(taken)}</span>
        <span class="meter" aria-hidden="true">
          <span style={{ width: `${((taken ?? 0) / (longestMicros.value || 1)) * 100}%` }} />
        </span>
        {row.goesOnMicros > 1000 && (
          <small title="Work that went on after the answer">+{duration(row.goesOnMicros)}</small>
        )}
      </span>
      <span role="gridcell" class="count">
        {grouped(row.spanCount)}
      </span>
      <span role="gridcell" class="services-cell" title={row.services.join(', ')}>
        {row.services.length}{' '}
        {row.services.slice(0, 6).map((service) => (
          <span key={service} class={`swatch ${colourClass(service)}`} aria-hidden="true" />
        ))}
      </span>
      <span role="gridcell" class="found">
        {finding && (
          <span class={`level ${finding.level}`} title={finding.sentence}>
            <span aria-hidden="true">
              {finding.level === 'error' ? '✗ ' : finding.level === 'warning' ? '▲ ' : 'i '}
            </span>
            {finding.id} <Rich text={finding.sentence} />
            {others.length > 0 && ` +${others.length}`}
          </span>
        )}
      </span>
    </div>
  )
}

function State({ row }: { readonly row: TraceRow }): JSX.Element {
  if (row.hasError)
    return (
      <span class="level error">
        <span aria-hidden="true">✗</span>
        <span class="off-screen">failed</span>
      </span>
    )
  if (!row.hasRoot || row.answeredMicros === undefined)
    return (
      <>
        <span aria-hidden="true">◌</span>
        <span class="off-screen">open</span>
      </>
    )
  return <span class="off-screen">fine</span>
}

function open(row: TraceRow): void {
  go({ view: { name: 'trace', traceId: row.traceId, part: 'waterfall' } })
}
