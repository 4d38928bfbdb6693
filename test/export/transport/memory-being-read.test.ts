import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connectTo } from './connect.js'

// More than the sockets of both sides hold.
const LARGE = 16 * 1_024 * 1_024
const LONG_MILLIS = 10_000

let server: Server
let isRead: boolean
beforeEach(async () => {
  server = createServer((request, response) => {
    if (isRead) request.resume()
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

test('an answer that comes before all was sent leaves memory that is being read, until the connection is closed', async () => {
  isRead = false
  const transport = connectTo('http/protobuf', url())
  const bytes = new Uint8Array(LARGE)
  await expect(transport.send(bytes, LONG_MILLIS)).resolves.toMatchObject({ kind: 'success' })
  expect(transport.isReading(bytes)).toBe(true)
  server.closeAllConnections()
  transport.close()
  await vi.waitFor(() => expect(transport.isReading(bytes)).toBe(false))
})

test.each(['none', 'gzip'] as const)('what was sent is read no more (compression: %s)', async (compression) => {
  isRead = true
  const transport = connectTo('http/protobuf', url(), { compression })
  const bytes = new Uint8Array(LARGE)
  const answer = transport.send(bytes, LONG_MILLIS)
  expect(transport.isReading(bytes)).toBe(true)
  await expect(answer).resolves.toMatchObject({ kind: 'success' })
  await vi.waitFor(() => expect(transport.isReading(bytes)).toBe(false))
})
