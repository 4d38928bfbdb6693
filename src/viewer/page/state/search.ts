import { computed, type ReadonlySignal } from '@preact/signals'
import { parseQuery } from '../../query/parse.js'
import { queriedTrace } from '../../query/queried-trace.js'
import { isQueryError, type QueryError } from '../../query/query.js'
import type { SpanNode } from '../../analysis/span-node.js'
import { analysis, detail } from './open-trace.js'
import { location } from './location.js'

/** The search within the open trace: the same language as the filter of the list. */

const parsed = computed(() => {
  const { view, query } = location.value
  return view.name === 'trace' && query !== '' ? parseQuery(query) : undefined
})

export const searchProblem: ReadonlySignal<QueryError | undefined> = computed(() =>
  parsed.value && isQueryError(parsed.value) ? parsed.value : undefined,
)

/** The spans that match, from top to bottom. */
export const hits: ReadonlySignal<readonly SpanNode[]> = computed(() => {
  const query = parsed.value
  const trace = analysis.value
  if (!query || isQueryError(query) || !trace) return []
  const nodeOf = new Map(trace.nodes.map((node) => [node.span, node]))
  const queried = queriedTrace({
    traceId: trace.traceId,
    spans: trace.nodes.map(({ span }) => span),
    analyse: () => ({
      findings: detail.value?.findings ?? [],
      selfMicrosOf: (span) => nodeOf.get(span)?.selfMicros,
    }),
  })
  return trace.nodes.filter(({ span }) => query.holdsFor(span, queried))
})
