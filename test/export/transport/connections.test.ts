import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type Socket } from 'node:net'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { isTracingSuppressed } from '@opentelemetry/core'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { clientSockets, connect, connectTo, encoded, PROTOCOLS } from './connect.js'

let sink: OtlpSink
beforeEach(async () => {
  sink = await otlpSink()
})
afterEach(() => sink.close())

const allClosed = (sockets: readonly Socket[]): Promise<void> =>
  vi.waitFor(() => expect(sockets.filter(({ destroyed }) => !destroyed)).toEqual([]), { interval: 5 })

/** A server that does this to each connection. */
async function serverThat(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test('requests share a connection, and close ends it', async () => {
    const sockets = clientSockets()
    const transport = connect(protocol, sink)
    for (let n = 0; n < 3; n += 1) await transport.send(encoded(protocol), 2_000)
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false])
    transport.close()
    await allClosed(sockets)
  })

  test('connections that were given up are closed, before the transport is', async () => {
    const sockets = clientSockets()
    const transport = connect(protocol, sink)
    sink.respondWith({ kind: 'hang' })
    for (let n = 0; n < 5; n += 1) await transport.send(encoded(protocol), 30)
    expect(sockets).toHaveLength(5)
    await allClosed(sockets)
  })

  test('nothing of it is traced', async () => {
    const manager = new AsyncLocalStorageContextManager()
    context.setGlobalContextManager(manager.enable())
    const isSuppressed: boolean[] = []
    const see = (): void => void isSuppressed.push(isTracingSuppressed(context.active()))
    subscribe('net.client.socket', see)
    onTestFinished(() => {
      context.disable()
      unsubscribe('net.client.socket', see)
    })
    await connect(protocol, sink).send(encoded(protocol), 2_000)
    expect(isSuppressed).toEqual([true])
    expect(isTracingSuppressed(context.active())).toBe(false)
  })

  test('a server that takes the connection and says nothing is left in time', async () => {
    const transport = connectTo(protocol, await serverThat(() => {}))
    const answer = await transport.send(encoded(protocol), 100)
    // No gRPC connection came about, so nothing was sent.
    expect(answer).toMatchObject({ kind: 'retryable', isUnreachable: false, mayHaveArrived: protocol !== 'grpc' })
  })

  test('a server that hangs up at once is worth another attempt', async () => {
    const transport = connectTo(protocol, await serverThat((socket) => socket.end()))
    expect(await transport.send(encoded(protocol), 1_000)).toMatchObject({ kind: 'retryable', isUnreachable: false })
  })
})

describe.each(['http/protobuf', 'http/json'] as const)('over %s', (protocol) => {
  const send = async (
    onConnection: (socket: Socket) => void,
    body = encoded(protocol),
    millis = 500,
  ): Promise<object> => connectTo(protocol, await serverThat(onConnection)).send(body, millis)
  const saying =
    (...parts: string[]) =>
    (socket: Socket): void => {
      socket.once('data', () => parts.forEach((part) => socket.write(part)))
    }

  test('what is not sent whole has not arrived', async () => {
    const large = new Uint8Array(30_000_000)
    const cut = (socket: Socket): void => void socket.once('data', () => socket.resetAndDestroy())
    expect(await send(cut, large, 2_000)).toMatchObject({ kind: 'retryable', mayHaveArrived: false })
    const deaf = (socket: Socket): void => void socket.pause()
    expect(await send(deaf, large, 200)).toMatchObject({ reason: 'no answer in 200 ms', mayHaveArrived: false })
  })

  test('a status of success holds, also where its body breaks off, drips or has no end', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n'
    const accepted = { kind: 'success', rejectedSpans: 0, message: '' }
    const breaking = (socket: Socket): void => {
      socket.once('data', () => socket.end(`${head}Content-Length: 9\r\n\r\nx`))
    }
    expect(await send(breaking)).toEqual(accepted)
    expect(await send(saying(`${head}Content-Length: 9\r\n\r\nx`), undefined, 150)).toEqual(accepted)
    const endless = (socket: Socket): void => {
      const pour = (): void => {
        if (socket.writable) socket.write(Buffer.alloc(65_536, ' '), pour)
      }
      socket.once('data', () => socket.write(`${head}\r\n`, pour))
    }
    expect(await send(endless, undefined, 10_000)).toEqual(accepted)
  })

  test('a page of a proxy is told without its tags', async () => {
    const body = '<html><h1>502 Bad Gateway</h1>\n<p>nginx</p></html>'
    const page = `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    expect(await send(saying(page))).toMatchObject({
      kind: 'retryable',
      reason: 'HTTP 502 Bad Gateway: 502 Bad Gateway nginx',
      mayHaveArrived: false,
    })
  })

  test('a server of another protocol is worth another attempt', async () => {
    expect(await send(saying('SSH-2.0-OpenSSH\r\n'))).toMatchObject({
      kind: 'retryable',
      reason: 'Parse Error: Expected HTTP/, RTSP/ or ICE/',
    })
  })

  test('an attempt under way ends when the transport is closed', async () => {
    sink.respondWith({ kind: 'hang' })
    const transport = connect(protocol, sink)
    const answer = transport.send(encoded(protocol), 10_000)
    await sink.waitForRequests(1)
    transport.close()
    expect(await answer).toMatchObject({ reason: 'the transport was closed', mayHaveArrived: true })
  })
})

test('a gRPC message that is too large is told from a server that is throttling', async () => {
  expect(await connect('grpc', sink).send(encoded('grpc', 120_000), 5_000)).toEqual({
    kind: 'too-large',
    reason: expect.stringMatching(/^RESOURCE_EXHAUSTED: received message larger than max/) as string,
  })
})

test('more gRPC calls at once than are allowed are told to come again', async () => {
  const transport = connect('grpc', sink)
  sink.respondWith({ kind: 'slow', millis: 50 })
  const answers = await Promise.all(Array.from({ length: 31 }, () => transport.send(encoded('grpc'), 5_000)))
  expect(answers.filter(({ kind }) => kind === 'success')).toHaveLength(30)
  expect(answers.at(-1)).toMatchObject({ kind: 'retryable', isUnreachable: false, mayHaveArrived: false })
})

test('gRPC calls with different times share a connection', async () => {
  const sockets = clientSockets()
  const transport = connect('grpc', sink)
  await Promise.all([1_000, 900, 800].map((millis) => transport.send(encoded('grpc'), millis)))
  await transport.send(encoded('grpc'), 700)
  expect(sockets).toHaveLength(1)
})
