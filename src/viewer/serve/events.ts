import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Query } from '../query/query.js'
import { toJson } from './answers.js'
import type { TraceIndex } from './trace-index.js'
import type { RunState, TraceChanges, TraceRow } from './wire.js'

/** Four messages a second at most, however many spans arrive. */
const INTERVAL_MILLIS = 250
/** Proxies and browsers give up connections that say nothing. */
const KEEP_ALIVE_MILLIS = 15_000
/** More changed traces than this in one message nobody can read. */
const MOST_ROWS = 500
/** A page that does not read gets nothing more until it has. */
const MOST_UNREAD_BYTES = 4_000_000
/** Browsers open six connections to a host at most; this many are tabs, scripts and more. */
const MOST_CLIENTS = 64

interface Client {
  readonly response: ServerResponse
  readonly query: Query
  readonly watched: string | undefined
  position: string
  saidAt: number
}

/** Tells open pages what arrives, as server-sent events. A page that lost its connection goes on where it was. */
export class EventStreams {
  readonly #index: TraceIndex
  readonly #state: () => RunState
  readonly #nowMillis: () => number
  readonly #clients = new Set<Client>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(index: TraceIndex, state: () => RunState, nowMillis: () => number) {
    this.#index = index
    this.#state = state
    this.#nowMillis = nowMillis
  }

  /** False where there are too many. */
  connect(
    request: IncomingMessage,
    response: ServerResponse,
    {
      query,
      since,
      watched,
    }: { readonly query: Query; readonly since: string | undefined; readonly watched: string | undefined },
  ): boolean {
    if (this.#clients.size >= MOST_CLIENTS) return false
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const lastEventId = request.headers['last-event-id']
    const position = (typeof lastEventId === 'string' ? lastEventId : since) ?? this.#index.position
    response.write('retry: 1000\n\n')
    const client: Client = { response, query, watched, position, saidAt: this.#nowMillis() }
    this.#clients.add(client)
    response.on('close', () => {
      this.#clients.delete(client)
      if (this.#clients.size === 0) this.#stop()
    })
    this.#timer ??= setInterval(() => {
      this.tick()
    }, INTERVAL_MILLIS)
    this.#timer.unref()
    return true
  }

  /** Sends what has changed since the last time. Called by the timer. */
  tick(): void {
    this.#index.settle()
    const rows = new Map<string, TraceRow | undefined>()
    for (const client of this.#clients) {
      if (client.response.writableLength > MOST_UNREAD_BYTES) continue
      this.#inform(client, rows)
    }
  }

  close(): void {
    this.#stop()
    for (const { response } of this.#clients) response.end()
    this.#clients.clear()
  }

  #inform(client: Client, known: Map<string, TraceRow | undefined>): void {
    const { response } = client
    const { position } = this.#index
    if (client.position === position) {
      if (this.#nowMillis() - client.saidAt < KEEP_ALIVE_MILLIS) return
      client.saidAt = this.#nowMillis()
      response.write(': still here\n\n')
      return
    }
    const changed = this.#index.changedSince(client.position)
    client.position = position
    client.saidAt = this.#nowMillis()
    if (!changed) {
      response.write(`event: reset\nid: ${position}\ndata: {}\n\n`)
      return
    }
    const rowOf = (traceId: string): TraceRow | undefined => {
      if (!known.has(traceId)) known.set(traceId, this.#index.row(traceId))
      return known.get(traceId)
    }
    const newest = changed.slice(-MOST_ROWS)
    const watched = client.watched === undefined ? undefined : rowOf(client.watched)
    const changes: TraceChanges = {
      rows: newest
        .filter((traceId) => this.#index.matches(client.query, traceId))
        .map(rowOf)
        .filter((row) => row !== undefined),
      state: this.#state(),
      omitted: changed.length - newest.length,
      ...(watched ? { watched } : {}),
    }
    response.write(`event: changes\nid: ${position}\ndata: ${toJson(changes)}\n\n`)
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
