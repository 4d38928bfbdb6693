import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { analyseTrace, type TraceAnalysis } from '../../analysis/trace-analysis.js'
import type { SpanNode } from '../../analysis/span-node.js'
import type { Finding } from '../../model/finding.js'
import type { ReceivedLog } from '../../model/received-span.js'
import { shapesOf } from '../../rows/fold.js'
import { rowContext, rowView, type RowView } from '../../rows/row-view.js'
import { traceHead, type TraceHead } from '../../rows/trace-head.js'
import { foldKey, waterfallRows, type WaterfallMode } from '../../rows/waterfall-rows.js'
import type { LinkHere, TraceDetail, TraceOpening } from '../../serve/wire.js'
import { decodedSpans } from './decode.js'
import { get, ServerError } from './server.js'

/** The trace that is open: its spans, what is known of them, and how they are shown. */

/** What a large trace is opened with; all of it comes after that has been painted. */
const openingNow = signal<TraceOpening | undefined>(undefined)
const detailNow = signal<TraceDetail | undefined>(undefined)
const errorNow = signal<ServerError | undefined>(undefined)
const findingsNow = signal<readonly Finding[]>([])
const linksNow = signal<readonly LinkHere[]>([])
export const detail: ReadonlySignal<TraceDetail | undefined> = detailNow
/** Whether its spans are here without their attributes, events and links. */
export const isLight: ReadonlySignal<boolean> = computed(() => detailNow.value?.columns !== undefined)
/** They take longer than the spans, and come after them. */
export const findings: ReadonlySignal<readonly Finding[]> = findingsNow
export const openError: ReadonlySignal<ServerError | undefined> = errorNow

/** `r`: times as they were sent, rather than with wrong clocks corrected. */
export const isRaw: Signal<boolean> = signal(false)
/** `o`: where several spans ran at once, the critical path goes through the second candidate. */
export const isOtherReading: Signal<boolean> = signal(false)
export const mode: Signal<WaterfallMode> = signal('all')
const closed = signal<ReadonlySet<string>>(new Set())
const opened = signal<ReadonlySet<string>>(new Set())
/** The part of the trace's time that the bars show, in microseconds since its start; all of it where there is none. */
export const zoom: Signal<readonly [number, number] | undefined> = signal(undefined)

export function setZoom(wholeMicros: number, from: number, to: number): void {
  const [start, end] = [Math.max(from, 0), Math.min(to, wholeMicros)]
  zoom.value = end - start >= wholeMicros || end <= start ? undefined : [start, end]
}

const spans = computed(() => (detailNow.value ? decodedSpans(detailNow.value) : []))
export const analysis: ReadonlySignal<TraceAnalysis | undefined> = computed(() =>
  spans.value.length > 0
    ? analyseTrace(spans.value, { keepsClocks: isRaw.value, takesOtherReading: isOtherReading.value })
    : undefined,
)
/** What stands above the spans; it is there before they are. */
export const head: ReadonlySignal<TraceHead | undefined> = computed(() =>
  analysis.value ? traceHead(analysis.value) : openingNow.value?.head,
)
const shapes = computed(() => shapesOf(analysis.value?.nodes ?? []))
const context = computed(() => analysis.value && rowContext(analysis.value))
const rowsNow = computed(() =>
  analysis.value
    ? waterfallRows(analysis.value, shapes.value, { mode: mode.value, closed: closed.value, opened: opened.value })
    : [],
)
const firstRows = computed(() => openingNow.value?.rows ?? [])
const indexes = computed(
  () => new Map((analysis.value ? rowsNow.value : firstRows.value).map(({ key }, index) => [key, index])),
)

/** Links that lead to a span of the trace, by its id. They come after the spans, too. */
export const linksHere: ReadonlySignal<ReadonlyMap<string, readonly LinkHere[]>> = computed(() =>
  Map.groupBy(linksNow.value, ({ to }) => to),
)

/** Log records beside their spans. */
export const logsBySpan: ReadonlySignal<ReadonlyMap<string, readonly ReceivedLog[]>> = computed(() =>
  Map.groupBy(detailNow.value?.logs ?? [], ({ spanId }) => spanId ?? ''),
)

export const rowCount: ReadonlySignal<number> = computed(() =>
  analysis.value ? rowsNow.value.length : (openingNow.value?.rowCount ?? 0),
)

export function rowAt(index: number): RowView | undefined {
  if (!analysis.value) return firstRows.value[index]
  const row = rowsNow.value[index]
  return row && context.value ? rowView(row, context.value) : undefined
}

export function rowIndexOf(key: string | undefined): number {
  return key === undefined ? -1 : (indexes.value.get(key) ?? -1)
}

/** The row that shows a span: its own, or the folded one that it is part of. */
export function rowKeyOf(node: SpanNode): string {
  if (indexes.value.has(node.id)) return node.id
  for (const row of rowsNow.value) if (row.type === 'folded' && row.nodes.includes(node)) return row.key
  return node.id
}

export function setExpanded(key: string, isExpanded: boolean): void {
  if (key.startsWith('fold:')) {
    opened.value = withKey(opened.value, key, isExpanded)
    return
  }
  closed.value = withKey(closed.value, key, !isExpanded)
}

export function expandAll(): void {
  batch(() => {
    closed.value = new Set()
    const all = analysis.value?.nodes ?? []
    opened.value = new Set(all.map(foldKey))
  })
}

/** Leaves the roots and what is directly below them. */
export function foldAll(): void {
  batch(() => {
    opened.value = new Set()
    const all = analysis.value?.nodes ?? []
    closed.value = new Set(all.filter(({ depth, children }) => depth > 0 && children.length > 0).map(({ id }) => id))
  })
}

/** Shows a span that is below folded rows, or left out by the mode. */
export function reveal(node: SpanNode): void {
  batch(() => {
    const nextClosed = new Set(closed.value)
    for (let at = node.parent; at !== undefined; at = at.parent) nextClosed.delete(at.id)
    if (nextClosed.size !== closed.value.size) closed.value = nextClosed
    if (!indexes.value.has(node.id) && rowKeyOf(node) === node.id) mode.value = 'all'
    const parts: SpanNode[] = [node]
    for (let at = node.parent; at !== undefined; at = at.parent) parts.push(at)
    const folds = rowsNow.value.filter((row) => row.type === 'folded' && row.nodes.some((each) => parts.includes(each)))
    if (folds.length > 0) opened.value = new Set([...opened.value, ...folds.map(({ key }) => key)])
  })
}

function withKey(keys: ReadonlySet<string>, key: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(keys)
  if (isIn) next.add(key)
  else next.delete(key)
  return next
}

let asked: AbortController | undefined

/** Opens a trace, or brings the open one up to date: what is folded and zoomed stays as it is. */
export async function openTrace(traceId: string): Promise<void> {
  asked?.abort()
  const controller = new AbortController()
  asked = controller
  if (detailNow.peek()?.traceId !== traceId) {
    waiting = []
    batch(() => {
      openingNow.value = undefined
      detailNow.value = undefined
      errorNow.value = undefined
      findingsNow.value = []
      linksNow.value = []
      closed.value = new Set()
      opened.value = new Set()
      zoom.value = undefined
      mode.value = 'all'
      isOtherReading.value = false
    })
  }
  try {
    const next = await detailOf(traceId, controller.signal)
    batch(() => {
      detailNow.value = next
      errorNow.value = undefined
    })
    catchUp()
    await nextPaint()
    const [{ findings: found }, { links }] = await Promise.all([
      get<{ findings: Finding[] }>(`/api/traces/${traceId}/findings`, controller.signal),
      get<{ links: LinkHere[] }>(`/api/traces/${traceId}/links`, controller.signal),
    ])
    batch(() => {
      findingsNow.value = found
      linksNow.value = links
    })
  } catch (error) {
    if (error instanceof ServerError) errorNow.value = error
    else if (!(error instanceof DOMException)) throw error
  }
}

/** A large trace is painted before all of it is here. */
async function detailOf(traceId: string, aborted: AbortSignal): Promise<TraceDetail> {
  const path = `/api/traces/${traceId}`
  if (detailNow.peek()?.traceId === traceId) return get<TraceDetail>(path, aborted)
  const answer = await get<TraceDetail | TraceOpening>(`${path}/opening`, aborted)
  if ('spans' in answer) return answer
  batch(() => {
    openingNow.value = answer
    errorNow.value = undefined
  })
  const [detail] = await Promise.all([get<TraceDetail>(path, aborted), nextPaint()])
  return detail
}

/** What keys asked for while the rest of the trace was on its way: people who know the keys are faster than large traces. */
let waiting: (() => void)[] = []

export function onceWhole(action: () => void): void {
  if (openingNow.peek() && !detailNow.peek()) waiting.push(action)
  else action()
}

function catchUp(): void {
  const actions = waiting
  waiting = []
  for (const action of actions) action()
}

function nextPaint(): Promise<void> {
  return new Promise((resume) => {
    requestAnimationFrame(() => {
      setTimeout(resume)
    })
    // Hidden tabs are not painted.
    setTimeout(resume, 200)
  })
}

export function closeTrace(): void {
  asked?.abort()
  openingNow.value = undefined
  detailNow.value = undefined
  errorNow.value = undefined
}
