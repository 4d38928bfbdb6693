import { signal, type ReadonlySignal } from '@preact/signals'
import { go, location } from './location.js'
import { notify } from './notices.js'
import { post, ServerError } from './server.js'

/** Removes all traces. For ten seconds they can be had back. */
export async function clearTraces(): Promise<void> {
  await attempt(async () => {
    const { traces, canUndo } = await post<{ traces: number; canUndo: boolean }>('/api/clear')
    if (location.peek().view.name !== 'list') go({ view: { name: 'list' } })
    notify(
      `${traces} traces removed`,
      canUndo ? { label: 'Undo', run: () => void attempt(() => post('/api/undo')) } : undefined,
    )
  })
}

/** Opens trace files: OTLP JSON, Jaeger JSON, Zipkin v2. */
export async function openFiles(files: readonly File[]): Promise<void> {
  for (const file of files) {
    await attempt(async () => {
      const { traceIds, problems } = await post<{ traceIds: string[]; problems: string[] }>(
        `/api/open?name=${encodeURIComponent(file.name)}`,
        file,
      )
      const [only, ...others] = traceIds
      const said = `${file.name}: ${traceIds.length} ${traceIds.length === 1 ? 'trace' : 'traces'}`
      notify(problems.length > 0 ? `${said}. ${problems.join('. ')}` : said, undefined, 10_000)
      if (only !== undefined && others.length === 0) go({ view: { name: 'trace', traceId: only, part: 'waterfall' } })
    })
  }
}

/** Says what went wrong rather than doing nothing. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    notify(error.message)
  }
}

/** The trace that is marked to be compared with another one. */
const markedNow = signal<string | undefined>(undefined)
export const marked: ReadonlySignal<string | undefined> = markedNow

/** `v`: the first press marks a trace, the second on another one compares the two. */
export function markOrCompare(traceId: string): void {
  const first = markedNow.peek()
  if (first === undefined || first === traceId) {
    markedNow.value = first === traceId ? undefined : traceId
    notify(first === traceId ? 'No trace is marked now' : 'Marked: press v on another trace to compare the two')
    return
  }
  markedNow.value = undefined
  go({ view: { name: 'compare', a: first, b: traceId } })
}
