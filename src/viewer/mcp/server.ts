import { CODE, failure, isObject, isResponse, readMessage, type Request, type Response } from './json-rpc.js'

/** The first revision without a handshake: every request says which one it is of. */
const MODERN_VERSIONS = ['2026-07-28']
/** Those that begin with `initialize`, the newest first. */
const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
export const SUPPORTED_VERSIONS: readonly string[] = [...MODERN_VERSIONS, ...LEGACY_VERSIONS]

export const SERVER_NAME = 'spanwright'
const META = 'io.modelcontextprotocol'
const TOOLS_TTL_MILLIS = 3_600_000

export interface McpTool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** JSON schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>
  /** @throws ToolError where the arguments are wrong: the answer says so, and the model can try again */
  readonly call: (args: Readonly<Record<string, unknown>>, signal: AbortSignal) => string | Promise<string>
}

export class ToolError extends Error {}

/** What the protocol has a code for. */
class Fault extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

interface McpServerOptions {
  readonly version: string
  readonly instructions: string
  readonly tools: readonly McpTool[]
}

/**
 * The Model Context Protocol without a transport: answers one message at a time and keeps nothing between them, as its
 * revision of 2026-07-28 asks. Clients of the earlier ones, which begin with `initialize`, are answered as well.
 */
export class McpServer {
  readonly #options: McpServerOptions

  constructor(options: McpServerOptions) {
    this.#options = options
  }

  /** `undefined` where there is nothing to answer: for notifications. Never rejects. */
  async answer(message: unknown, signal: AbortSignal): Promise<Response | undefined> {
    const request = readMessage(message)
    if (request === undefined || isResponse(request)) return request
    if (request.id === undefined) return undefined
    const version = versionOf(request)
    if (version !== undefined && !SUPPORTED_VERSIONS.includes(version)) {
      const data = { supported: SUPPORTED_VERSIONS, requested: version }
      return failure(request.id, CODE.unsupportedVersion, 'Unsupported protocol version', data)
    }
    try {
      const result = await this.#resultOf(request, signal)
      const isModern = version !== undefined || request.method === 'server/discover'
      return { jsonrpc: '2.0', id: request.id, result: isModern ? this.#asModern(request, result) : result }
    } catch (error) {
      const code = error instanceof Fault ? error.code : CODE.internal
      return failure(request.id, code, error instanceof Error ? error.message : 'internal error')
    }
  }

  async #resultOf(request: Request, signal: AbortSignal): Promise<Result> {
    const { method, params } = request
    const { tools, instructions } = this.#options
    switch (method) {
      case 'initialize': {
        const asked = params.protocolVersion
        const protocolVersion = LEGACY_VERSIONS.find((known) => known === asked) ?? LEGACY_VERSIONS[0]
        return { protocolVersion, capabilities: { tools: {} }, serverInfo: this.#serverInfo(), instructions }
      }
      case 'server/discover':
        return { supportedVersions: SUPPORTED_VERSIONS, capabilities: { tools: {} }, instructions }
      case 'ping':
        return {}
      case 'tools/list':
        return { tools: tools.map(({ call: _call, ...definition }) => definition) }
      case 'tools/call':
        return this.#call(params, signal)
      default:
        throw new Fault(CODE.methodNotFound, `there is no method ${method}`)
    }
  }

  async #call(params: Request['params'], signal: AbortSignal): Promise<Result> {
    const name = params.name
    const tool = this.#options.tools.find((each) => each.name === name)
    if (!tool) throw new Fault(CODE.invalidParams, `there is no tool ${String(name)}`)
    try {
      const args = isObject(params.arguments) ? params.arguments : {}
      const text = await tool.call(args, signal)
      return { content: [{ type: 'text', text }], isError: false }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      return { content: [{ type: 'text', text: error.message }], isError: true }
    }
  }

  /** What results have had since the handshake is gone. */
  #asModern({ method }: Request, result: Result): Result {
    const isCacheable = method === 'tools/list' || method === 'server/discover'
    return {
      resultType: 'complete',
      ...result,
      ...(isCacheable ? { ttlMs: TOOLS_TTL_MILLIS, cacheScope: 'public' } : undefined),
      _meta: { [`${META}/serverInfo`]: this.#serverInfo() },
    }
  }

  #serverInfo(): { name: string; title: string; version: string } {
    return { name: SERVER_NAME, title: 'spanwright view', version: this.#options.version }
  }
}

type Result = Readonly<Record<string, unknown>>

/** The revision that a request names, if it is one of those that name it. */
export function versionOf({ params }: Pick<Request, 'params'>): string | undefined {
  const meta = params._meta
  const version = isObject(meta) ? meta[`${META}/protocolVersion`] : undefined
  return typeof version === 'string' ? version : undefined
}
