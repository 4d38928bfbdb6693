import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { handleStream } from './grpc.js'
import type { HandleRequest, Intake } from './http.js'

/** With what a client of HTTP/2 begins, and none of HTTP/1 can. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
/** Browsers connect ahead of time; a connection without a byte by then is an idle one. */
const FIRST_BYTES_MILLIS = 60_000
const MAX_CONNECTIONS = 1_000
const MAX_STREAMS = 100

/** One port for HTTP and gRPC: the first bytes of a connection tell which it speaks. */
export class Port {
  readonly #listener: Server
  readonly #http: HttpServer
  readonly #http2: Http2Server
  readonly #sockets = new Set<Socket>()

  constructor(intake: Intake, handleRequest: HandleRequest) {
    this.#http = createHttpServer(handleRequest)
    this.#http2 = createHttp2Server({ settings: { maxConcurrentStreams: MAX_STREAMS }, maxSessionInvalidFrames: 100 })
    this.#http2.on('stream', (stream, headers) => handleStream(stream, headers, intake))
    // A connection that breaks, or speaks neither protocol, is the sender's affair.
    this.#http2.on('sessionError', () => {})
    this.#http.on('clientError', (_error, socket) => socket.destroy())
    this.#listener = createServer((socket) => this.#serve(socket))
    this.#listener.maxConnections = MAX_CONNECTIONS
  }

  /** Rejects with the error of `listen`: EADDRINUSE, for one. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen({ port, host, ipv6Only: host === '::1' }, () => {
        this.#listener.off('error', reject)
        // One that comes later is of a connection that could not be taken.
        this.#listener.on('error', () => {})
        resolve()
      })
    })
    return (this.#listener.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    socket.setTimeout(FIRST_BYTES_MILLIS, () => socket.destroy())
    let seen = Buffer.alloc(0)
    const choose = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk])
      const compared = Math.min(seen.length, PREFACE.length)
      const isHttp2 = seen.subarray(0, compared).equals(PREFACE.subarray(0, compared))
      if (isHttp2 && compared < PREFACE.length) return
      socket.off('data', choose)
      socket.pause()
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.unshift(seen)
      if (isHttp2) this.#http2.emit('connection', socket)
      else {
        this.#http.emit('connection', socket)
        socket.resume()
      }
    }
    socket.on('data', choose)
  }
}
