import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectTo, encoded } from './connect.js'

/** Answers each connection with what the test wants to be written, when the beginning of a request is there. */
let server: Server
let answer: (socket: Socket) => void
const sockets = new Set<Socket>()

beforeEach(async () => {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

async function answerTo(written: string | ((socket: Socket) => void), timeoutMillis = 5_000): Promise<object> {
  answer = typeof written === 'function' ? written : (socket) => void socket.write(written)
  const { port } = server.address() as AddressInfo
  const transport = connectTo('http/protobuf', `http://127.0.0.1:${port}/v1/traces`)
  return transport.send(encoded('http/protobuf'), timeoutMillis)
}

const headers = (bytes: number): string =>
  Array.from({ length: Math.ceil(bytes / 1_000) }, (_, n) => `x-${n}: ${'v'.repeat(990)}\r\n`).join('')

test('who switches to another protocol has refused, and the next attempt goes on a connection of its own', async () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  expect(await answerTo(switching)).toEqual({ kind: 'permanent', reason: 'HTTP 101 Switching Protocols' })
  expect(await answerTo('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')).toMatchObject({ kind: 'success' })
})

test('of a success with more headers than Node.js reads by default, and with more than anybody reads, the status counts', async () => {
  const success = (bytes: number): string => `HTTP/1.1 200 OK\r\n${headers(bytes)}Content-Length: 0\r\n\r\n`
  expect(await answerTo(success(40_000))).toMatchObject({ kind: 'success' })
  expect(await answerTo(success(500_000))).not.toMatchObject({ kind: 'retryable' })
})

test('a success that is a web page is none', async () => {
  const page = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>'
  expect(await answerTo(page)).toEqual({ kind: 'permanent', reason: 'HTTP 200 OK, but a web page (text/html)' })
})

test('of an endless answer no more is read than its beginning', async () => {
  let written = 0
  const endless = (socket: Socket): void => {
    socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\n')
    const more = (): void => {
      written += 65_536
      if (written < 1e8 && !socket.destroyed) socket.write(Buffer.alloc(65_536, 'x'), more)
    }
    more()
  }
  expect(await answerTo(endless)).toMatchObject({ kind: 'retryable', mayHaveArrived: false })
  // What the operating system had taken by then.
  expect(written).toBeLessThan(5e7)
})

test.each([
  ['nothing', ''],
  ['half a status line', 'HTTP/1.1 2'],
  ['a promise to go on', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['early hints', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
])('an attempt that is answered with %s ends when its time is up', async (_what, written) => {
  const began = performance.now()
  expect(await answerTo(written, 150)).toMatchObject({ kind: 'retryable', reason: 'no answer in 150 ms' })
  expect(performance.now() - began).toBeLessThan(2_000)
})
