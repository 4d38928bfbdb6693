import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attachedTo, isViewerAt } from '../../../src/viewer/mcp/attach.js'
import { answerMcp } from '../../../src/viewer/mcp/http.js'
import { McpServer, type McpTool } from '../../../src/viewer/mcp/server.js'
import { serveStdio, type Answer } from '../../../src/viewer/mcp/stdio.js'

let cancelled = 0
const waits: McpTool = {
  name: 'wait',
  title: 'Wait',
  description: 'Never comes back by itself.',
  inputSchema: { type: 'object' },
  call: (_args, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        cancelled += 1
        resolve('cancelled')
      })
    }),
}
const server = new McpServer({ version: '1.2.3', instructions: '', tools: [waits] })
const answer: Answer = (message, signal) => server.answer(message, signal)

const http = createServer((request, response) => void answerMcp(server, request, response))
let url = ''
beforeAll(async () => {
  await once(http.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
})
afterAll(() => {
  http.closeAllConnections()
  http.close()
})

async function post(body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, answer: text === '' ? undefined : JSON.parse(text) }
}

const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
const modernHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' }
const list = { jsonrpc: '2.0', id: 7, method: 'tools/list', params: { _meta: meta } }

test('over HTTP a request is answered as JSON, and a notification is accepted', async () => {
  expect(await post({ jsonrpc: '2.0', id: 'a', method: 'ping' })).toEqual({
    status: 200,
    answer: { jsonrpc: '2.0', id: 'a', result: {} },
  })
  expect(await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).toEqual({
    status: 202,
    answer: undefined,
  })
  expect((await post(list, modernHeaders)).status).toBe(200)
  expect((await fetch(url)).status).toBe(405)
})

test('over HTTP, what is wrong has the status that the protocol asks for', async () => {
  expect(await post('{')).toMatchObject({ status: 400, answer: { error: { code: -32_700 } } })
  expect(await post('{}')).toMatchObject({ status: 400, answer: { error: { code: -32_600 } } })
  expect((await post(list, { 'content-type': 'text/plain' })).status).toBe(415)
  expect(await post(list)).toMatchObject({ status: 400, answer: { id: 7, error: { code: -32_020 } } })
  expect(await post(list, { ...modernHeaders, 'mcp-method': 'ping' })).toMatchObject({
    status: 400,
    answer: { error: { code: -32_020 } },
  })
  const other = { ...list, method: 'prompts/list' }
  expect((await post(other, { ...modernHeaders, 'mcp-method': 'prompts/list' })).status).toBe(404)
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'prompts/list' })).status).toBe(200)
  const old = { ...list, params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '1900-01-01' } } }
  expect(await post(old, { ...modernHeaders, 'mcp-protocol-version': '1900-01-01' })).toMatchObject({
    status: 400,
    answer: { error: { code: -32_022 } },
  })
})

test('over HTTP, a client that goes away cancels its request', async () => {
  const before = cancelled
  const gone = new AbortController()
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait' } }
  const request = fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call),
    signal: gone.signal,
  })
  await once(http, 'request')
  gone.abort()
  await expect(request).rejects.toThrow()
  await expect.poll(() => cancelled).toBe(before + 1)
})

function overStdio(given: Answer): {
  send: (...lines: string[]) => void
  lines: () => unknown[]
  end: () => Promise<void>
} {
  const [input, output] = [new PassThrough(), new PassThrough()]
  let written = ''
  output.setEncoding('utf8').on('data', (text: string) => (written += text))
  const done = serveStdio(given, input, output)
  return {
    send: (...lines) => lines.forEach((line) => input.write(line)),
    lines: () =>
      written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown),
    end: async () => {
      input.end()
      await done
    },
  }
}

test('over stdio messages come in any pieces, and each answer is one line', async () => {
  const { send, lines, end } = overStdio(answer)
  const ping = Buffer.from(
    '{"jsonrpc":"2.0","id":"é","method":"ping"}\n{"jsonrpc":"2.0","id":2,"method":"ping"}\n\n',
  ).toString()
  send(ping.slice(0, 20), ping.slice(20, 60), ping.slice(60))
  send('nonsense\n')
  await end()
  expect(lines()).toHaveLength(3)
  expect(lines()).toEqual(
    expect.arrayContaining([
      { jsonrpc: '2.0', id: null, error: { code: -32_700, message: 'this line is no JSON' } },
      { jsonrpc: '2.0', id: 'é', result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
    ]),
  )
})

test('over stdio a cancelled request is not answered, and the end of the input cancels the others', async () => {
  const before = cancelled
  const { send, lines, end } = overStdio(answer)
  const call = (id: number): string =>
    `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'wait' } })}\n`
  send(call(1), call(2), '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}\n')
  await expect.poll(() => cancelled).toBe(before + 1)
  await end()
  expect(cancelled).toBe(before + 2)
  expect(lines()).toEqual([])
})

test('a viewer that runs is found by what it says of itself, and messages over stdio are handed on to it', async () => {
  expect(await isViewerAt(url)).toBe(true)
  const other = createServer((_request, response) => response.end('{"result":{}}'))
  await once(other.listen(0, '127.0.0.1'), 'listening')
  const { port } = other.address() as AddressInfo
  expect(await isViewerAt(`http://127.0.0.1:${port}/mcp`)).toBe(false)
  other.close()
  await once(other, 'close')
  expect(await isViewerAt(`http://127.0.0.1:${port}/mcp`)).toBe(false)

  const { send, lines, end } = overStdio(attachedTo(url))
  send(`${JSON.stringify(list)}\n`, '{"jsonrpc":"2.0","id":8,"method":"ping"}\n')
  await expect.poll(() => lines().length).toBe(2)
  await end()
  expect(lines()).toContainEqual({ jsonrpc: '2.0', id: 8, result: {} })
  expect(lines()).toContainEqual(
    expect.objectContaining({ id: 7, result: expect.objectContaining({ resultType: 'complete' }) as unknown }),
  )

  const broken = overStdio(attachedTo(`http://127.0.0.1:${port}/mcp`))
  broken.send('{"jsonrpc":"2.0","id":9,"method":"ping"}\n')
  await expect.poll(() => broken.lines().length).toBe(1)
  expect(broken.lines()).toMatchObject([{ id: 9, error: { code: -32_603 } }])
  await broken.end()
})
