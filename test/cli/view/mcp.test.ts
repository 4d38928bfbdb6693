import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { freePort } from '../../helpers/free-port.js'
import { cleanEnv } from '../../helpers/run-node/clean-env.js'
import { CLI } from '../run-doctor.js'
import { startView } from './run-view.js'

/** A request that took a second, and has ended. */
const REQUEST = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'orders' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'GET /orders',
              kind: 2,
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000001000000000',
            },
          ],
        },
      ],
    },
  ],
}

interface Agent {
  readonly process: ChildProcess
  ask(method: string, params?: object): Promise<unknown>
  /** Ends its input, as an agent that has finished does. */
  end(): Promise<number | null>
  /** Whatever was on stdout and is no message. */
  readonly strays: string[]
}

/** `spanwright view --mcp` as a coding agent runs it: with pipes, one message a line. */
function agentOf(port: number): Agent {
  const child = spawn(process.execPath, [CLI, 'view', '--mcp', '--port', String(port)], {
    env: cleanEnv(),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const waiting = new Map<number, (result: unknown) => void>()
  const strays: string[] = []
  let rest = ''
  let asked = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      try {
        const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: unknown }
        waiting.get(id)?.(result ?? error)
      } catch {
        strays.push(line)
      }
    }
  })
  return {
    process: child,
    strays,
    ask: (method, params = {}) =>
      new Promise((resolve) => {
        asked += 1
        waiting.set(asked, resolve)
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: asked, method, params })}\n`)
      }),
    end: async () => {
      child.stdin.end()
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
  }
}

const text = (answer: unknown): string => (answer as { content: [{ text: string }] }).content[0].text

test('an agent becomes the viewer where none runs, others use that one, and take over when it ends', async () => {
  const port = await freePort()
  const first = agentOf(port)
  expect(await first.ask('initialize', { protocolVersion: '2025-11-25' })).toMatchObject({
    protocolVersion: '2025-11-25',
    serverInfo: { name: 'spanwright' },
  })
  const waiting = first.ask('tools/call', { name: 'wait_for', arguments: { query: 'service:orders' } })
  const sent = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(REQUEST),
  })
  expect(sent.status).toBe(200)
  expect(text(await waiting)).toContain('orders')

  const second = agentOf(port)
  expect(text(await second.ask('tools/call', { name: 'list_traces', arguments: {} }))).toContain('orders')
  expect(await first.end()).toBe(0)
  // The traces went with the process that had them.
  expect(text(await second.ask('tools/call', { name: 'list_traces', arguments: {} }))).toContain('no span has arrived')
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  expect(await second.end()).toBe(0)
  expect([...first.strays, ...second.strays]).toEqual([])
})

test('tools are at /mcp of every viewer, and neither other sites nor other hosts get them', async () => {
  await using viewer = await startView(['--port', '0'])
  const url = `http://127.0.0.1:${viewer.ready[1]}/mcp`
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  const post = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  expect(await (await post()).json()).toMatchObject({ result: { tools: [{ name: 'list_traces' }, {}, {}, {}] } })
  expect((await post({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await post({ 'content-type': 'text/plain' })).status).toBe(403)
  expect((await fetch(url)).status).toBe(405)
})

test('with a token, page, data and tools are for those who have it; the page keeps it in a cookie of its own', async () => {
  await using viewer = await startView(['--port', '0', '--token', 'a-secret-token'])
  const url = `http://127.0.0.1:${viewer.ready[1]}`
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url + path, { headers, redirect: 'manual' })
  for (const path of ['/', '/api/state', '/mcp', '/?token=wrong']) expect((await get(path)).status, path).toBe(401)
  const opened = await get('/t/abc?token=a-secret-token&view=flame')
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/t/abc?view=flame'])
  const [cookie = ''] = opened.headers.getSetCookie()
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/)
  expect((await get('/api/state', { cookie: `other=1; ${cookie.replace(/;.*/, '')}` })).status).toBe(200)
  expect((await get('/api/state', { authorization: 'Bearer a-secret-token' })).status).toBe(200)
  // Never to another server.
  expect((await get('//evil.example/?token=a-secret-token')).headers.get('location')).toBe('/')
})
