import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface HttpProxy extends AsyncDisposable {
  /** With user and password. */
  readonly url: string
  /** What it was asked for: `CONNECT host:port`, `POST http://host:port/path`. */
  readonly seen: readonly string[]
}

/** A proxy that forwards requests and opens tunnels, all of them to this port of the loopback, whatever the host. */
export async function httpProxyTo(port: number): Promise<HttpProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    const { method, headers } = incoming
    const path = new URL(incoming.url ?? '').pathname
    const outgoing = request({ host: '127.0.0.1', port, method, headers, path }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })
  server.on('connect', (incoming, socket: Socket) => {
    seen.push(`CONNECT ${incoming.url}`)
    const tunnel = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      tunnel.pipe(socket).pipe(tunnel)
    })
    sockets.add(socket).add(tunnel)
    for (const end of [socket, tunnel]) end.on('error', () => [socket, tunnel].forEach((each) => each.destroy()))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port: own } = server.address() as AddressInfo
  return {
    url: `http://somebody:s3cr3t@127.0.0.1:${own}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
