import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Server as TlsServer, type SecureContextOptions } from 'node:tls'

const HOST = '127.0.0.1'

/** A server on an ephemeral port of 127.0.0.1 that can go away, connections and all, and come back on the same port. */
export class Listener {
  readonly port: number
  readonly #server: Server
  readonly #socketsByRemotePort: Map<number, Socket>

  private constructor(server: Server, port: number, sockets: Map<number, Socket>) {
    this.#server = server
    this.port = port
    this.#socketsByRemotePort = sockets
  }

  static async start(server: Server): Promise<Listener> {
    const sockets = new Map<number, Socket>()
    // Under TLS too, this is the TCP socket.
    server.on('connection', (socket: Socket) => {
      const { remotePort } = socket
      if (remotePort === undefined) return
      sockets.set(remotePort, socket)
      socket.once('close', () => {
        if (sockets.get(remotePort) === socket) sockets.delete(remotePort)
      })
    })
    await listen(server, 0)
    return new Listener(server, (server.address() as AddressInfo).port, sockets)
  }

  /** Ends one client's connection with a TCP reset. */
  resetConnection(remotePort: number | undefined): void {
    if (remotePort !== undefined) this.#socketsByRemotePort.get(remotePort)?.resetAndDestroy()
  }

  /** For connections that begin from here on. */
  setCertificate(certificate: SecureContextOptions): void {
    if (!(this.#server instanceof TlsServer)) throw new TypeError('a server without TLS has no certificate')
    this.#server.setSecureContext(certificate)
  }

  /** From here on connections are refused. Those that are open are cut. */
  async down(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#socketsByRemotePort.values()) socket.destroy()
    await closed
  }

  async up(): Promise<void> {
    if (!this.#server.listening) await listen(this.#server, this.port)
  }
}

async function listen(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening')
  server.listen(port, HOST)
  await listening
}
