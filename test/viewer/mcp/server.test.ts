import { expect, test } from 'vitest'
import { McpServer, SUPPORTED_VERSIONS, ToolError, type McpTool } from '../../../src/viewer/mcp/server.js'

const echo: McpTool = {
  name: 'echo',
  title: 'Echo',
  description: 'Says it again.',
  inputSchema: { type: 'object' },
  call: ({ text }) => {
    if (text === undefined) throw new ToolError('text is missing')
    if (text === 'broken') throw new Error('a fault of ours')
    return typeof text === 'string' ? text : ''
  },
}
const server = new McpServer({ version: '1.2.3', instructions: 'Ask.', tools: [echo] })

async function ask(method: string, params: object = {}, id: unknown = 1): Promise<Record<string, unknown>> {
  const answer = await server.answer({ jsonrpc: '2.0', id, method, params }, new AbortController().signal)
  return answer as unknown as Record<string, unknown>
}

const modern = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  },
}

test('a client that begins with initialize gets the revision it asked for, or the newest that has a handshake', async () => {
  expect(await ask('initialize', { protocolVersion: '2025-06-18' })).toMatchObject({
    id: 1,
    result: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'spanwright', version: '1.2.3' },
      instructions: 'Ask.',
    },
  })
  expect(await ask('initialize', { protocolVersion: '2099-01-01' })).toMatchObject({
    result: { protocolVersion: '2025-11-25' },
  })
  expect(await ask('ping')).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
})

test('a client of today discovers the server, and each result says that it is complete', async () => {
  expect(await ask('server/discover')).toMatchObject({
    result: { resultType: 'complete', supportedVersions: SUPPORTED_VERSIONS, cacheScope: 'public', ttlMs: 3_600_000 },
  })
  expect(await ask('tools/call', { ...modern, name: 'echo', arguments: { text: 'hi' } })).toMatchObject({
    result: { resultType: 'complete', content: [{ type: 'text', text: 'hi' }], isError: false },
  })
  expect(await ask('tools/list', modern)).toMatchObject({ result: { resultType: 'complete', ttlMs: 3_600_000 } })
})

test('results for clients of earlier revisions have no fields that those do not know', async () => {
  const { call: _call, ...definition } = echo
  expect(await ask('tools/list')).toEqual({ jsonrpc: '2.0', id: 1, result: { tools: [definition] } })
  expect(await ask('tools/call', { name: 'echo', arguments: { text: 'hi' } })).toEqual({
    jsonrpc: '2.0',
    id: 1,
    result: { content: [{ type: 'text', text: 'hi' }], isError: false },
  })
})

test('a revision that is not known is refused with those that are', async () => {
  const params = { _meta: { 'io.modelcontextprotocol/protocolVersion': '1900-01-01' } }
  expect(await ask('tools/list', params)).toMatchObject({
    error: { code: -32_022, data: { supported: SUPPORTED_VERSIONS, requested: '1900-01-01' } },
  })
})

test('wrong arguments are told to the model as a result; faults and unknown names are errors of the protocol', async () => {
  expect(await ask('tools/call', { name: 'echo' })).toMatchObject({
    result: { content: [{ text: 'text is missing' }], isError: true },
  })
  expect(await ask('tools/call', { name: 'echo', arguments: { text: 'broken' } })).toMatchObject({
    error: { code: -32_603, message: 'a fault of ours' },
  })
  expect(await ask('tools/call', { name: 'other' })).toMatchObject({ error: { code: -32_602 } })
  expect(await ask('resources/list')).toMatchObject({ error: { code: -32_601 } })
})

test('notifications and stray responses are not answered, and what is no message is refused', async () => {
  const { signal } = new AbortController()
  const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }
  expect(await server.answer(notification, signal)).toBeUndefined()
  expect(await server.answer({ jsonrpc: '2.0', id: 1, result: {} }, signal)).toBeUndefined()
  for (const message of [null, [], 'x', {}, { jsonrpc: '1.0', id: 1, method: 'ping' }, { jsonrpc: '2.0', id: 1 }]) {
    expect(await server.answer(message, signal)).toMatchObject({ error: { code: -32_600 } })
  }
  expect(await ask('ping', {}, null)).toMatchObject({ id: null, error: { code: -32_600 } })
})
