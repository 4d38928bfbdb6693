import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { QueryProblem, RunState, TraceChanges, TraceList, TraceRow } from '../../serve/wire.js'
import { location } from './location.js'
import { get } from './server.js'

/** So many rows are asked for at once. */
const PAGE_ROWS = 500
/** And so many are kept: older ones leave at the end, where nobody looks. */
const MOST_ROWS = 5000

const EMPTY: RunState = {
  startedMillis: 0,
  version: '',
  counts: { spans: 0, traces: 0, logs: 0, evictedTraces: 0, evictedSpans: 0 },
  services: [],
  findings: [],
  pendingFindings: 0,
  refused: [],
}

const rowsNow = signal<readonly TraceRow[]>([])
const heldNow = signal<ReadonlyMap<string, TraceRow>>(new Map())
const stateNow = signal<RunState>(EMPTY)
const problemNow = signal<QueryProblem | undefined>(undefined)
const moreNow = signal(false)
const connectionNow = signal<'connecting' | 'live' | 'lost'>('connecting')
const loadedNow = signal(false)

/** The rows that are shown, in the order of their arrival, the newest first. */
export const rows: ReadonlySignal<readonly TraceRow[]> = rowsNow
/** How many new rows wait until the list may move. */
export const heldCount: ReadonlySignal<number> = computed(() => heldNow.value.size)
export const runState: ReadonlySignal<RunState> = stateNow
/** What is wrong with the query. The rows are those of the last one that could be read. */
export const queryProblem: ReadonlySignal<QueryProblem | undefined> = problemNow
export const hasMore: ReadonlySignal<boolean> = moreNow
export const connection: ReadonlySignal<'connecting' | 'live' | 'lost'> = connectionNow
export const isLoaded: ReadonlySignal<boolean> = loadedNow

/** `p`: the list stands still until it is pressed again. */
export const isPaused: Signal<boolean> = signal(false)
/** Reasons for the list to stand still while somebody reads it: the pointer is over it, it is scrolled, a row is chosen. */
const reasons = signal<ReadonlySet<string>>(new Set())
const isStill = computed(() => isPaused.value || reasons.value.size > 0)

export function holdStill(reason: string, isHeld: boolean): void {
  if (reasons.peek().has(reason) === isHeld) return
  const next = new Set(reasons.peek())
  if (isHeld) next.add(reason)
  else next.delete(reason)
  reasons.value = next
}

/** Lets the waiting rows in, at the top. */
export function showHeld(): void {
  const held = heldNow.peek()
  if (held.size === 0) return
  heldNow.value = new Map()
  const fresh = [...held.values()].reverse()
  rowsNow.value = [...fresh, ...rowsNow.peek().filter(({ traceId }) => !held.has(traceId))].slice(0, MOST_ROWS)
}

/** Rows that are shown already change in place; new ones go to the top, or wait. */
function take({ rows: changed, state }: TraceChanges): void {
  stateNow.value = state
  const known = new Map(rowsNow.peek().map((row, index) => [row.traceId, index]))
  const next = [...rowsNow.peek()]
  const held = new Map(heldNow.peek())
  for (const row of changed) {
    const index = known.get(row.traceId)
    if (index === undefined) held.set(row.traceId, row)
    else if (!isPaused.peek()) next[index] = row
  }
  rowsNow.value = next
  if (held.size > 0) heldNow.value = held
  if (!isStill.peek()) showHeld()
}

/** The trace that is open: messages say how it changes, also where the filter leaves it out. */
export const watched: Signal<string | undefined> = signal(undefined)

let asked: AbortController | undefined
/** What the list has been asked for last: messages of the stream count from there. */
let sequence = ''
let stream: EventSource | undefined

async function load(query: string, limit: number): Promise<void> {
  asked?.abort()
  asked = new AbortController()
  const { signal: aborted } = asked
  const parameters = new URLSearchParams({ limit: String(limit), ...(query === '' ? {} : { q: query }) })
  try {
    const list = await get<TraceList & { state: RunState }>(`/api/traces?${parameters}`, aborted)
    stateNow.value = list.state
    problemNow.value = list.error
    loadedNow.value = true
    if (list.error) return
    sequence = list.sequence
    heldNow.value = new Map()
    rowsNow.value = list.rows
    moreNow.value = list.hasMore
    connect(query)
  } catch (error) {
    if (error instanceof DOMException) return
    connectionNow.value = 'lost'
    setTimeout(() => void load(location.peek().query, limit), 2000)
  }
}

function connect(query: string): void {
  stream?.close()
  stream = undefined
  if (document.hidden || sequence === '') return
  const parameters = new URLSearchParams({ since: sequence })
  if (query !== '') parameters.set('q', query)
  const watch = watched.peek()
  if (watch !== undefined) parameters.set('watch', watch)
  const source = new EventSource(`/api/events?${parameters}`)
  stream = source
  source.addEventListener('open', () => {
    connectionNow.value = 'live'
  })
  source.addEventListener('changes', (event: MessageEvent<string>) => {
    sequence = event.lastEventId
    const changes = JSON.parse(event.data) as TraceChanges
    take(changes)
    for (const listener of listeners) listener(changes)
  })
  // The server knows nothing of where we were: it was started anew, or cleared.
  source.addEventListener('reset', () => void load(query, PAGE_ROWS))
  source.addEventListener('error', () => {
    connectionNow.value = 'lost'
    if (source.readyState === EventSource.CLOSED && stream === source) setTimeout(() => void reload(), 2000)
  })
}

const listeners = new Set<(changes: TraceChanges) => void>()
/** Called after each message of the stream. Returns how to stop it. */
export function onArrival(listener: (changes: TraceChanges) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function reload(): Promise<void> {
  return load(listQuery.peek(), PAGE_ROWS)
}

export function loadMore(): Promise<void> {
  return load(listQuery.peek(), rowsNow.peek().length + PAGE_ROWS)
}

/** The filter of the list. Within a trace the address has that of the trace, and the list stays as it was. */
const listQuery = signal('')

export function startLive(): void {
  let last: string | undefined
  effect(() => {
    const { view, query } = location.value
    const wanted = view.name === 'trace' || view.name === 'compare' ? listQuery.peek() : query
    if (wanted === last) return
    last = wanted
    listQuery.value = wanted
    void load(wanted, PAGE_ROWS)
  })
  // Browsers allow six connections to one host: tabs that nobody sees give theirs up.
  document.addEventListener('visibilitychange', () => {
    connect(listQuery.peek())
  })
  effect(() => {
    if (!isStill.value) showHeld()
  })
  effect(() => {
    if (watched.value !== undefined) connect(listQuery.peek())
  })
}
