import type { IncomingMessage, ServerResponse } from 'node:http'
import { CODE, failure, isObject, type Response } from './json-rpc.js'
import { type McpServer, versionOf } from './server.js'

const MOST_BYTES = 1_000_000

/**
 * Answers a request to `/mcp`: one message a POST, the answer as JSON. Whether the request may be made at all (Host,
 * Origin, token) is checked before. There are no sessions, and no streams to listen to.
 */
export async function answerMcp(server: McpServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end()
    return
  }
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    send(response, 415, failure(null, CODE.invalidRequest, 'the content-type is application/json'))
    return
  }
  const body = await readJson(request)
  if (body === undefined) {
    send(response, 400, failure(null, CODE.parse, `the body is no JSON of at most ${MOST_BYTES} bytes`))
    return
  }
  const mismatch = headerMismatch(request, body)
  if (mismatch !== undefined) {
    send(response, 400, failure(idOf(body), CODE.headerMismatch, mismatch))
    return
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await server.answer(body, gone.signal)
  if (gone.signal.aborted && response.closed) return
  if (answer === undefined) response.writeHead(202).end()
  else send(response, statusOf(answer, isModern(body)), answer)
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length <= MOST_BYTES) chunks.push(chunk)
    }
    return length <= MOST_BYTES ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined
  } catch {
    return undefined
  }
}

function isModern(body: unknown): boolean {
  return isObject(body) && isObject(body.params) && versionOf({ params: body.params }) !== undefined
}

/** From 2026-07-28 on, headers repeat what the body says, and must say the same. */
function headerMismatch({ headers }: IncomingMessage, body: unknown): string | undefined {
  if (!isObject(body) || !isModern(body)) return undefined
  const params = isObject(body.params) ? body.params : {}
  const pairs: [header: string, value: unknown][] = [
    ['mcp-protocol-version', versionOf({ params })],
    ['mcp-method', body.method],
  ]
  if (body.method === 'tools/call') pairs.push(['mcp-name', params.name])
  for (const [header, value] of pairs) {
    const given = headers[header]
    if (given === undefined) return `the header ${header} is missing`
    if (decoded(String(given)) !== value) return `the header ${header} says something else than the body`
  }
  return undefined
}

function decoded(value: string): string {
  const [, base64] = /^=\?base64\?(.*)\?=$/.exec(value) ?? []
  return base64 === undefined ? value : Buffer.from(base64, 'base64').toString('utf8')
}

function statusOf(answer: Response, modern: boolean): number {
  if (!('error' in answer)) return 200
  if (answer.error.code === CODE.unsupportedVersion || answer.id === null) return 400
  return modern && answer.error.code === CODE.methodNotFound ? 404 : 200
}

function idOf(body: unknown): string | number | null {
  const id = isObject(body) ? body.id : undefined
  return typeof id === 'string' || typeof id === 'number' ? id : null
}

function send(response: ServerResponse, status: number, answer: Response): void {
  const body = Buffer.from(JSON.stringify(answer))
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'no-store',
    })
    .end(body)
}
