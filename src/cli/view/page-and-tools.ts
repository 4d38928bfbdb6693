import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { nowEpochMillis } from '../../internal/runtime/clock.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import { answerMcp } from '../../viewer/mcp/http.js'
import { McpServer } from '../../viewer/mcp/server.js'
import { INSTRUCTIONS, viewerTools } from '../../viewer/mcp/tools.js'
import type { TraceStore } from '../../viewer/model/trace-store.js'
import type { RefusedRequests } from '../../viewer/receive/refusal.js'
import { sendJson } from '../../viewer/serve/answers.js'
import { refusalOf } from '../../viewer/serve/checks.js'
import { pageServer } from '../../viewer/serve/page-server.js'
import { mayPass } from '../../viewer/serve/token.js'

export const MCP_PATH = '/mcp'

export interface PageAndTools {
  /** What answers on `/mcp`, for agents that speak over a pipe. */
  readonly mcp: McpServer
  /** Answers what is not OTLP. False for an address that nothing has. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  close(): void
}

/** The page, its data, and the tools for agents: where there is a token, each asks for it. */
export function pageAndTools(
  store: TraceStore,
  token: string | undefined,
  refusals: () => readonly RefusedRequests[],
): PageAndTools {
  const { version } = requireOwn('../package.json') as { version: string }
  const page = pageServer({
    store,
    version,
    assetsFolder: join(dirname(requireOwn.resolve('./view-preload.cjs')), 'page'),
    refused: () =>
      refusals().map(({ path, reason, count }) => `${path}: ${reason}${count > 1 ? ` (${count} times)` : ''}`),
  })
  const tools = viewerTools({ traces: page.index, nowEpochMillis })
  const mcp = new McpServer({ version, instructions: INSTRUCTIONS, tools })
  return {
    mcp,
    handle(request, response) {
      const isForTools = URL.parse(request.url ?? '/', 'http://localhost')?.pathname === MCP_PATH
      if (!mayPass(request, response, token)) return true
      if (!isForTools) return page.handle(request, response)
      const refusal = refusalOf(request, true)
      if (refusal !== undefined) sendJson(response, { error: `refused: ${refusal}` }, 403)
      else void answerMcp(mcp, request, response)
      return true
    },
    close() {
      page.close()
    },
  }
}
