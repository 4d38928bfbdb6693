import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { parseQuery } from '../../query/parse.js'
import { queriedTrace } from '../../query/queried-trace.js'
import { isQueryError, type QueryError } from '../../query/query.js'
import type { SpanNode } from '../../analysis/span-node.js'
import { analysis, detail, findings, isLight } from './open-trace.js'
import { location } from './location.js'
import { get } from './server.js'

/** The search within the open trace: the same language as the filter of the list. */

/** By itself, so that a step to another row does not search anew. */
const text = computed(() => (location.value.view.name === 'trace' ? location.value.query : ''))
const parsed = computed(() => (text.value === '' ? undefined : parseQuery(text.value)))

export const searchProblem: ReadonlySignal<QueryError | undefined> = computed(() =>
  parsed.value && isQueryError(parsed.value) ? parsed.value : undefined,
)

/** Of a trace whose spans are here without their attributes the server is asked. */
const found = signal<ReadonlySet<string>>(new Set())

effect(() => {
  const trace = detail.value
  const query = text.value
  if (!trace || !isLight.value || !parsed.value || isQueryError(parsed.value)) return
  void get<{ ids: string[] }>(`/api/traces/${trace.traceId}/hits?q=${encodeURIComponent(query)}`).then(({ ids }) => {
    if (text.peek() === query) found.value = new Set(ids)
  })
})

/** The spans that match, from top to bottom. */
export const hits: ReadonlySignal<readonly SpanNode[]> = computed(() => {
  const query = parsed.value
  const trace = analysis.value
  if (!query || isQueryError(query) || !trace) return []
  if (isLight.value) return trace.nodes.filter(({ id }) => found.value.has(id))
  const nodeOf = new Map(trace.nodes.map((node) => [node.span, node]))
  const queried = queriedTrace({
    traceId: trace.traceId,
    run: detail.value?.run,
    spans: trace.nodes.map(({ span }) => span),
    analyse: () => ({
      findings: findings.value,
      selfMicrosOf: (span) => nodeOf.get(span)?.selfMicros,
    }),
  })
  return trace.nodes.filter(({ span }) => query.holdsFor(span, queried))
})

/** Their ids, which rows ask for. */
export const hitIds: ReadonlySignal<ReadonlySet<string>> = computed(() => new Set(hits.value.map(({ id }) => id)))
