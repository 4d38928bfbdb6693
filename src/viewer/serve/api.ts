import type { IncomingMessage, ServerResponse } from 'node:http'
import { otlpJson } from '../copy/otlp-json.js'
import type { ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import { parseQuery } from '../query/parse.js'
import { isQueryError, type Query } from '../query/query.js'
import { readTraceFile } from '../receive/open-file.js'
import { HttpError, readBody, readJson, sendJson } from './answers.js'
import type { EventStreams } from './events.js'
import { linksTo } from './linking-spans.js'
import { ManyTraces } from './many-traces.js'
import { seenKeysIn } from './seen-keys.js'
import { traceDetail } from './trace-detail.js'
import { LARGE_TRACE_SPANS, traceOpening } from './trace-opening.js'
import type { TraceIndex } from './trace-index.js'
import type { RunState, TraceDetail, TraceList, TraceOpening, TraceRow } from './wire.js'

const MOST_ROWS = 20_000
const DEFAULT_ROWS = 500
/** As large as a request of OTLP may be. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024
/** So long removed traces can be had back, and so many spans are kept for it. */
const UNDO_MILLIS = 10_000
const MOST_SPANS_TO_UNDO = 250_000

export interface ApiParts {
  readonly store: TraceStore
  readonly index: TraceIndex
  readonly events: EventStreams
  readonly state: () => RunState
}

/** What answers a path: parts in braces are its parameters. */
type Route = (context: {
  readonly parts: readonly string[]
  readonly parameters: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}) => unknown

/** `/api/…`: JSON for the page. */
export class Api {
  readonly #parts: ApiParts
  readonly #many: ManyTraces
  readonly #pinned = new Set<string>()
  #removed: { readonly spans: readonly ReceivedSpan[]; readonly timer: ReturnType<typeof setTimeout> } | undefined

  constructor(parts: ApiParts) {
    this.#parts = parts
    this.#many = new ManyTraces(parts.index)
  }

  /** Answers, or throws an HttpError. */
  async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const parts = url.pathname.split('/').slice(2).map(decoded)
    const route = this.#route(request.method ?? 'GET', parts)
    if (!route) throw new HttpError(404, `there is no ${url.pathname}`)
    const answer = await route({ parts, parameters: url.searchParams, request, response })
    if (answer !== undefined && !response.headersSent) sendJson(response, answer)
  }

  close(): void {
    clearTimeout(this.#removed?.timer)
    this.#removed = undefined
  }

  #route(method: string, [first, second, third, ...rest]: readonly string[]): Route | undefined {
    const path = [first, second === undefined ? '' : first === 'traces' ? '{id}' : second, third]
      .filter(Boolean)
      .join('/')
    if (rest.length > 1) return undefined
    return this.#routes[`${method === 'HEAD' ? 'GET' : method} ${path}`]
  }

  readonly #routes: Readonly<Record<string, Route>> = {
    'GET state': () => this.#parts.state(),
    'GET keys': () => seenKeysIn(this.#parts.store),
    'GET traces': ({ parameters }) => this.#list(parameters),
    'GET traces/{id}': ({ parts: [, traceId = ''] }) => this.#detail(traceId),
    'GET traces/{id}/opening': ({ parts: [, traceId = ''] }) => this.#opening(traceId),
    'GET traces/{id}/spans': ({ parts: [, traceId = '', , spanId = ''] }) => {
      const span = this.#parts.index.analysis(traceId).byId.get(spanId)?.span
      if (!span) throw new HttpError(404, 'this span is not here')
      return { span }
    },
    'GET traces/{id}/otlp': ({ parts: [, traceId = ''] }) => otlpJson(this.#parts.store.spansOf(traceId)),
    'GET traces/{id}/findings': ({ parts: [, traceId = ''] }) => ({ findings: this.#parts.index.findingsOf(traceId) }),
    'GET traces/{id}/links': ({ parts: [, traceId = ''] }) => ({ links: linksTo(traceId, this.#parts.store) }),
    'GET traces/{id}/hits': ({ parts: [, traceId = ''], parameters }) => ({
      ids: this.#parts.index.hitsOf(queryOf(parameters), traceId),
    }),
    'GET traces/{id}/map': ({ parts: [, traceId = ''] }) => this.#many.mapOf(traceId),
    'GET traces/{id}/flame': ({ parts: [, traceId = ''] }) => this.#many.flameOf(traceId),
    'GET traces/{id}/slow': ({ parts: [, traceId = ''] }) => this.#many.whySlow(traceId),
    'GET map': ({ parameters }) => this.#many.map(queryOf(parameters), brushOf(parameters)),
    'GET flame': ({ parameters }) => this.#many.flame(queryOf(parameters), brushOf(parameters)),
    'GET difference': ({ parameters }) => this.#many.difference(queryOf(parameters), brushOf(parameters)),
    'GET compare': ({ parameters }) => this.#many.compare(parameters.get('a') ?? '', parameters.get('b') ?? ''),
    'POST traces/{id}/pin': async ({ parts: [, traceId = ''], request }) => {
      const { isPinned } = await readJson(request)
      this.#pin(traceId, isPinned === true)
      return { isPinned: isPinned === true }
    },
    'GET events': ({ parameters, request, response }) => {
      const isConnected = this.#parts.events.connect(request, response, {
        query: queryOf(parameters),
        since: parameters.get('since') ?? undefined,
        watched: parameters.get('watch') ?? undefined,
      })
      if (!isConnected) throw new HttpError(503, 'too many pages are open')
    },
    'POST clear': () => this.#clear(),
    'POST undo': () => this.#undo(),
    'POST open': ({ parameters, request }) => this.#open(parameters.get('name') ?? 'file', request),
  }

  async #list(parameters: URLSearchParams): Promise<TraceList & { readonly state: RunState }> {
    const { index, state } = this.#parts
    const sequence = index.position
    const query = parseQuery(parameters.get('q') ?? '')
    if (isQueryError(query)) {
      const { message, start, end } = query
      return { rows: [], hasMore: false, sequence, error: { message, start, end }, state: state() }
    }
    const limit = Math.min(Math.max(Number(parameters.get('limit')) || DEFAULT_ROWS, 1), MOST_ROWS)
    const rows: TraceRow[] = []
    let hasMore = false
    for await (const { traceId } of index.matching(query)) {
      hasMore = rows.length === limit
      if (hasMore) break
      const row = index.row(traceId)
      if (row) rows.push(row)
    }
    return { rows, hasMore, sequence, state: state() }
  }

  #detail(traceId: string): TraceDetail {
    const { store } = this.#parts
    const detail = traceDetail(store, traceId)
    if (detail.spans.length === 0 && !detail.columns) throw new HttpError(404, 'this trace is not here')
    return { ...detail, isPinned: this.#pinned.has(traceId) }
  }

  /** All of a trace, or what a large one is opened with. */
  #opening(traceId: string): TraceDetail | TraceOpening {
    const { store, index } = this.#parts
    const isLarge = (store.summaryOf(traceId)?.spanCount ?? 0) > LARGE_TRACE_SPANS
    return isLarge ? traceOpening(index.analysis(traceId)) : this.#detail(traceId)
  }

  #pin(traceId: string, isPinned: boolean): void {
    this.#parts.store.pin(traceId, isPinned)
    if (isPinned) this.#pinned.add(traceId)
    else this.#pinned.delete(traceId)
  }

  #clear(): { traces: number; canUndo: boolean } {
    const { store, index } = this.#parts
    const { traces, spans } = store.counts()
    const canUndo = spans <= MOST_SPANS_TO_UNDO
    const removed = canUndo
      ? store
          .summaries()
          .toReversed()
          .flatMap(({ traceId }) => [...store.spansOf(traceId)])
      : []
    store.clear()
    index.forget()
    clearTimeout(this.#removed?.timer)
    const timer = setTimeout(() => {
      this.#removed = undefined
    }, UNDO_MILLIS)
    timer.unref()
    this.#removed = canUndo ? { spans: removed, timer } : undefined
    return { traces, canUndo }
  }

  #undo(): { spans: number } {
    const removed = this.#removed
    if (!removed) throw new HttpError(409, 'it is too late: the traces are gone')
    clearTimeout(removed.timer)
    this.#removed = undefined
    this.#parts.store.add(removed.spans)
    return { spans: removed.spans.length }
  }

  async #open(name: string, request: IncomingMessage): Promise<{ traceIds: string[]; problems: readonly string[] }> {
    const bytes = await readBody(request, LARGEST_FILE_BYTES)
    const { spans, logs, problems } = readTraceFile(bytes, name)
    if (spans.length === 0 && logs.length === 0) {
      throw new HttpError(422, problems.length > 0 ? problems.join('. ') : `${name} has no spans`)
    }
    this.#parts.store.add(spans)
    this.#parts.store.addLogs(logs)
    return { traceIds: [...new Set(spans.map(({ traceId }) => traceId))], problems }
  }
}

function queryOf(parameters: URLSearchParams): Query {
  const query = parseQuery(parameters.get('q') ?? '')
  if (isQueryError(query)) throw new HttpError(400, query.message)
  return query
}

/** Part of the time: from and to in microseconds since 1970. */
function brushOf(parameters: URLSearchParams): readonly [number, number] | undefined {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(parameters.get('t') ?? '') ?? []
  return from === undefined || to === undefined ? undefined : [Number(from), Number(to)]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new HttpError(400, 'the path is not encoded as a URL')
  }
}
