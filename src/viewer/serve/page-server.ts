import type { IncomingMessage, ServerResponse } from 'node:http'
import { nowEpochMillis, monotonicClock } from '../../internal/runtime/clock.js'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import type { TraceStore } from '../model/trace-store.js'
import { HttpError, sendJson } from './answers.js'
import { Api } from './api.js'
import { readAssets, sendAsset } from './assets.js'
import { refusalOf, setSecurityHeaders } from './checks.js'
import { EventStreams } from './events.js'
import { TraceIndex, type TimeSources } from './trace-index.js'
import type { RunState } from './wire.js'

export interface PageOptions {
  readonly store: TraceStore
  /** Where the build has put the page. */
  readonly assetsFolder: string
  readonly version: string
  /** What the receiver has refused, as one line each, for a page on which nothing arrives. */
  readonly refused?: () => readonly string[]
  readonly time?: TimeSources
}

export interface PageServer {
  /** What the page knows of the traces. */
  readonly index: TraceIndex
  /** Answers a request for the page or its data: everything that is not OTLP. False for what is neither. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  close(): void
}

const SYSTEM_TIME: TimeSources = { nowEpochMillis, nowMillis: () => monotonicClock.nowMillis() }
/** Addresses of views, which all have the one page. */
const VIEW = /^\/(t\/[^/]+|map|flame|compare)?\/?$/

/** The page and its data. Who answers on which address, and for which Host, is the receiver's business. */
export function pageServer({
  store,
  assetsFolder,
  version,
  refused = () => [],
  time = SYSTEM_TIME,
}: PageOptions): PageServer {
  const assets = readAssets(assetsFolder)
  const index = new TraceIndex(store, time)
  const startedMillis = time.nowEpochMillis()
  const state = (): RunState => ({
    startedMillis,
    version,
    counts: store.counts(),
    services: index.services,
    findings: index.groups(),
    pendingFindings: index.pendingFindings,
    refused: refused(),
  })
  const events = new EventStreams(index, state, time.nowMillis)
  const api = new Api({ store, index, events, state })

  const answer = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    try {
      await api.answer(request, response, url)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else if (error instanceof HttpError) sendJson(response, { error: error.message }, error.status)
      else sendJson(response, { error: messageOf(error) }, 500)
    }
  }
  return {
    index,
    handle(request, response) {
      const url = URL.parse(request.url ?? '/', 'http://localhost')
      if (!url) return false
      const { pathname } = url
      const isData = pathname.startsWith('/api/')
      const asset = pathname.startsWith('/assets/') ? pathname.slice('/assets/'.length) : undefined
      if (!isData && asset === undefined && !VIEW.test(pathname)) return false
      setSecurityHeaders(response)
      const refusal = refusalOf(request, isData)
      if (refusal !== undefined) sendJson(response, { error: `refused: ${refusal}` }, 403)
      else if (isData) void answer(request, response, url)
      else if (request.method !== 'GET' && request.method !== 'HEAD') sendJson(response, { error: 'GET only' }, 405)
      else if (!sendAsset(assets, asset ?? 'index.html', request, response)) {
        sendJson(response, { error: `there is no ${pathname}` }, 404)
      }
      return true
    },
    close() {
      events.close()
      api.close()
      index.close()
    },
  }
}
