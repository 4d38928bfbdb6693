import type { ComponentChildren, CSSProperties, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Rows beyond the edges, so that a quick scroll shows none that are empty. */
const OVERSCAN = 8

interface Props {
  readonly role: 'grid' | 'treegrid'
  readonly label: string
  readonly id: string
  readonly count: number
  /** Height of each row in pixels. */
  readonly rowHeight: number
  /** The chosen row, which is kept in sight when it changes; -1 for none. */
  readonly active: number
  /** The element id of the chosen row: focus stays on the whole, and screen readers follow this. */
  readonly activeId: string | undefined
  readonly header?: ComponentChildren
  readonly headerHeight?: number
  readonly class?: string
  readonly columns?: number
  /** Each row is placed by the given style, and says its own index. */
  readonly row: (index: number, style: CSSProperties) => ComponentChildren
  readonly onScroll?: (top: number) => void
  readonly onRange?: (from: number, to: number) => void
}

/** Many rows of one height, of which only those in sight are in the document. */
export function RowWindow(props: Props): JSX.Element {
  const { count, rowHeight, active, headerHeight = 0, onRange } = props
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(800)

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    // The height is reported after the first layout; to ask for the height here would make the browser do it twice.
    const observer = new ResizeObserver(() => {
      setHeight(element.clientHeight)
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])

  useLayoutEffect(() => {
    const element = box.current
    if (!element || active < 0) return
    const from = active * rowHeight
    const space = element.clientHeight - headerHeight
    if (from < element.scrollTop) element.scrollTop = from
    else if (from + rowHeight > element.scrollTop + space) element.scrollTop = from + rowHeight - space
  }, [active, rowHeight, props.activeId])

  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN)
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN)
  useEffect(() => {
    onRange?.(first, last)
  }, [first, last, onRange])

  const rows: ComponentChildren[] = []
  for (let index = first; index < last; index++) {
    rows.push(props.row(index, { transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }))
  }
  return (
    <div
      ref={box}
      id={props.id}
      class={`rows ${props.class ?? ''}`}
      role={props.role}
      aria-label={props.label}
      aria-rowcount={count + (props.header ? 1 : 0)}
      aria-colcount={props.columns}
      aria-activedescendant={active >= first && active < last ? props.activeId : undefined}
      tabIndex={0}
      onScroll={(event) => {
        const { scrollTop } = event.currentTarget
        setTop(scrollTop)
        props.onScroll?.(scrollTop)
      }}
    >
      {props.header}
      <div class="rows-space" role="rowgroup" style={{ height: `${count * rowHeight}px` }}>
        {rows}
      </div>
    </div>
  )
}
