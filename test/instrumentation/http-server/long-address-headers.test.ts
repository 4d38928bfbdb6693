import { beforeAll, describe, expect, test } from 'vitest'
import { followContexts, lean, serve, traced } from './traced-servers.js'

beforeAll(followContexts)

const CLIENT = '203.0.113.9'
const LONG = {
  'x-forwarded-for': `${CLIENT}${', 10.0.0.1'.repeat(800)}`,
  'x-forwarded-host': `shop.example${', a.b'.repeat(900)}`,
  forwarded: `for=${CLIENT};host=shop.example${', for=10.0.0.1'.repeat(600)}`,
  'x-forwarded-proto': 'a'.repeat(8_000),
  host: 'a'.repeat(8_000),
}

describe('an address header that is longer than any chain of proxies makes it', () => {
  test.each(Object.entries(LONG))(
    'is the app’s as it came, and of the span its first entry at most: %s',
    async (name, text) => {
      const { instrumentation, spans } = traced(lean)
      const seen: unknown[] = []
      await using server = await serve(instrumentation, (request, response) => {
        seen.push(request.headers[name], request.rawHeaders.includes(text))
        response.end('ok')
      })
      const headers = { host: 'x', connection: 'close', [name]: text }
      const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\r\n`)
      expect(await server.send(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`)).toContain(' 200 ')
      expect(seen).toEqual([text, true])
      const longest = Math.max(...Object.values(spans.only.attributes).map((value) => String(value).length))
      expect(longest).toBeLessThan(100)
      if (name === 'x-forwarded-for') expect(spans.only.attributes['client.address']).toBe(CLIENT)
    },
  )
})
