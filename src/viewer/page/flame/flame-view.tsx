import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { WireFlame, WireFlameNode } from '../../serve/wire.js'
import { colourClass } from '../parts/colours.js'
import { counted, duration, grouped, percent } from '../parts/format.js'
import { useKeys } from '../parts/keys.js'
import { SelectionNote, selectionPath } from '../parts/selection.js'
import { useAnswer } from '../parts/use-answer.js'
import { go, location } from '../state/location.js'
import { termOf, withTerm } from '../state/query-text.js'

const ROW_HEIGHT = 24

/** The flame of all traces that the filter leaves. */
export function FlameView(): JSX.Element {
  useKeys({
    Escape: () => {
      go({ ...location.peek(), view: { name: 'list' } })
    },
    w: () => {
      go({ ...location.peek(), view: { name: 'list' } })
    },
    m: () => {
      go({ ...location.peek(), view: { name: 'map' } })
    },
  })
  const { value, error } = useAnswer<WireFlame>(selectionPath('flame'))
  return (
    <section class="panel" tabIndex={0} aria-labelledby="flame-title">
      <h1 id="flame-title">Where the time goes</h1>
      {error !== undefined && <p class="level error">{error}</p>}
      {value && <SelectionNote selection={value} what="Widths are mean self times of a trace." />}
      {value && <Flame flame={value} />}
    </section>
  )
}

/** The flame of one trace. */
export function FlamePart({ traceId }: { readonly traceId: string }): JSX.Element {
  const { value } = useAnswer<WireFlame>(`/api/traces/${traceId}/flame`)
  return (
    <section class="panel" tabIndex={0} aria-label="Flame of this trace">
      {value && <Flame flame={value} />}
    </section>
  )
}

function Flame({ flame }: { readonly flame: WireFlame }): JSX.Element {
  const [root, setRoot] = useState<number>()
  const [shown, setShown] = useState<number>()
  const { nodes } = flame
  const whole = root === undefined ? undefined : nodes[root]
  const from = whole?.offsetMicros ?? 0
  const width = (whole?.widthMicros ?? flame.widthMicros) || 1
  const firstDepth = whole?.depth ?? 0
  const isIn = (node: WireFlameNode): boolean =>
    node.depth >= firstDepth &&
    node.offsetMicros >= from - 1e-6 &&
    node.offsetMicros + node.widthMicros <= from + width + 1e-6
  const deepest = nodes.reduce((most, { depth }) => Math.max(most, depth), 0)
  const active = nodes[shown ?? root ?? 0]
  const boxes = useRef<HTMLDivElement>(null)
  const step = (index: number, by: number): void => {
    const all = [...(boxes.current?.querySelectorAll('button') ?? [])]
    const at = all.findIndex((each) => each.dataset.index === String(index))
    all[at + by]?.focus()
  }
  if (nodes.length === 0) return <p class="none">No trace matches.</p>
  return (
    <>
      <p class="flame-facts" role="status">
        {active && (
          <>
            <span class={`swatch ${colourClass(active.service)}`} aria-hidden="true" /> {active.service}{' '}
            <b>{active.name}</b> {duration(active.widthMicros)} (
            {percent(active.widthMicros / (flame.widthMicros || 1))}), self {duration(active.selfMicros)} ·{' '}
            {counted(active.count, 'span')} in {counted(active.traces, 'trace')}
            {active.failed > 0 && ` · ${grouped(active.failed)} failed`}
            {active.atOnce > 1 && ` · ×${active.atOnce} at once`}
          </>
        )}
        {root !== undefined && (
          <button
            type="button"
            onClick={() => {
              setRoot(undefined)
            }}
          >
            whole flame
          </button>
        )}
        {active && (
          <button
            type="button"
            onClick={() => {
              const term = termOf('name', '=', active.name)
              go({ view: { name: 'list' }, query: withTerm(location.peek().query, term) })
            }}
          >
            traces with it
          </button>
        )}
      </p>
      <div
        ref={boxes}
        class="flame"
        role="group"
        aria-label="Operations, each below the one that called it"
        style={{ height: `${(deepest - firstDepth + 1) * ROW_HEIGHT}px` }}
        onPointerLeave={() => {
          setShown(undefined)
        }}
      >
        {nodes.map((node, index) =>
          isIn(node) ? (
            <button
              key={index}
              type="button"
              data-index={index}
              class={`box ${colourClass(node.service)} ${node.failed > 0 ? 'failed' : ''}`}
              style={{
                left: `${((node.offsetMicros - from) / width) * 100}%`,
                width: `${(node.widthMicros / width) * 100}%`,
                top: `${(node.depth - firstDepth) * ROW_HEIGHT}px`,
              }}
              aria-label={`${node.service} ${node.name}, ${duration(node.widthMicros)}, ${percent(node.widthMicros / (flame.widthMicros || 1))}`}
              onPointerEnter={() => {
                setShown(index)
              }}
              onFocus={() => {
                setShown(index)
              }}
              onClick={() => {
                setRoot(index === root ? undefined : index)
              }}
              onKeyDown={(event) => {
                if (event.key === 'ArrowRight') step(index, 1)
                else if (event.key === 'ArrowLeft') step(index, -1)
                else return
                event.preventDefault()
              }}
            >
              <span>
                {node.name}
                {node.atOnce > 1 && ` ×${node.atOnce}`}
              </span>
            </button>
          ) : null,
        )}
      </div>
      {flame.omitted > 0 && <p class="none">{counted(flame.omitted, 'box is', 'boxes are')} too narrow to be shown.</p>}
    </>
  )
}
