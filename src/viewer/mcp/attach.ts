import { CODE, failure, isObject, type MessageId, type Response } from './json-rpc.js'
import { SERVER_NAME } from './server.js'
import type { Answer } from './stdio.js'

const PROBE_TIMEOUT_MILLIS = 1_000

/**
 * Whether a viewer of ours answers at this address, such as `http://127.0.0.1:4318/mcp`. Anything else may listen there:
 * a collector takes the same port.
 */
export async function isViewerAt(url: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
  try {
    const message = { jsonrpc: '2.0', id: 'probe', method: 'server/discover' }
    const answer = await post(url, message, headers, AbortSignal.timeout(PROBE_TIMEOUT_MILLIS))
    const result = isObject(answer) && isObject(answer.result) ? answer.result : {}
    const info = isObject(result._meta) ? result._meta['io.modelcontextprotocol/serverInfo'] : undefined
    return isObject(info) && info.name === SERVER_NAME
  } catch {
    return false
  }
}

/** Hands each message on to the viewer that runs there. */
export function attachedTo(url: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return async (message, signal) => {
    const id = isObject(message) ? (message.id as MessageId | undefined) : undefined
    try {
      return (await post(url, message, headers, signal)) as Response | undefined
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown error'
      return id === undefined
        ? undefined
        : failure(id, CODE.internal, `the viewer at ${url} does not answer: ${reason}`)
    }
  }
}

async function post(
  url: string,
  message: unknown,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...mirrored(message),
    },
    body: JSON.stringify(message),
    signal,
  })
  const text = await response.text()
  return text === '' ? undefined : JSON.parse(text)
}

/** Headers that repeat what a message of 2026-07-28 and later says. */
function mirrored(message: unknown): Record<string, string> {
  const params = isObject(message) && isObject(message.params) ? message.params : {}
  const meta = isObject(params._meta) ? params._meta : {}
  const version = meta['io.modelcontextprotocol/protocolVersion']
  if (typeof version !== 'string' || !isObject(message)) return {}
  const name = params.name
  return {
    'mcp-protocol-version': version,
    'mcp-method': String(message.method),
    ...(typeof name === 'string' ? { 'mcp-name': `=?base64?${Buffer.from(name).toString('base64')}?=` } : undefined),
  }
}
