import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Duplex } from 'node:stream'
import { OtherResponse, SOCKET_DESTROYED, CLIENT_DISCONNECTED, type Interruption } from './interruption.js'

const WAYS_TO_WRITE = ['write', 'end'] as const
type Write = (this: Duplex, ...args: unknown[]) => unknown

/**
 * The answer that the app is about to write to the socket. What comes over it later is no part of the request; nor is it of the
 * span in which the server was started, whose context Node.js has for all events of a connection.
 */
export function handshakeOn(socket: Duplex): Handshake {
  if (trace.getSpan(context.active())) context.bind(ROOT_CONTEXT, socket)
  return new Handshake(socket)
}

/**
 * The answer to an upgrade or to CONNECT, which the app writes to the socket by itself. It is there with the first bytes: what
 * follows (a WebSocket, a tunnel) may last for days, and is no part of the request. Emits `close` then, or when the socket closes.
 */
export class Handshake extends OtherResponse {
  statusCode: number | undefined
  readonly #socket: Duplex
  readonly #headers = new Map<string, string>()
  #isOver = false

  constructor(socket: Duplex) {
    super()
    this.#socket = socket
    const restore = WAYS_TO_WRITE.map((name) => this.#listen(name))
    const end = (): void => {
      if (this.#isOver) return
      this.#isOver = true
      socket.removeListener('close', end)
      for (const one of restore) one()
      this.emit('close')
    }
    socket.on('close', end)
    this.#settle = end
  }

  readonly #settle: () => void

  getHeader(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase())
  }

  interruption(): Interruption | undefined {
    if (this.statusCode !== undefined) return undefined
    const hasLeft = this.#socket.readableEnded || this.#socket.errored != null
    return { statusCode: undefined, errorType: hasLeft ? CLIENT_DISCONNECTED : SOCKET_DESTROYED }
  }

  /** The first bytes that are written are read; then the socket is as it was. */
  #listen(name: (typeof WAYS_TO_WRITE)[number]): () => void {
    const socket = this.#socket as unknown as Record<string, Write>
    const wasOwn = Object.hasOwn(socket, name)
    const original = socket[name]
    if (!original) return () => {}
    const read = this.#read.bind(this)
    const reading: Write = function (...args) {
      const result = original.apply(this, args)
      read(args[0])
      return result
    }
    socket[name] = reading
    return () => {
      if (socket[name] !== reading) return
      if (wasOwn) socket[name] = original
      else Reflect.deleteProperty(socket, name)
    }
  }

  #read(chunk: unknown): void {
    if (this.#isOver || !(typeof chunk === 'string' || chunk instanceof Uint8Array)) return
    const head = typeof chunk === 'string' ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const [status = '', ...lines] = head.toString('latin1').split('\r\n\r\n', 1).join('').split('\r\n')
    const [, code] = /^HTTP\/\d\.\d (\d{3})\b/.exec(status) ?? []
    if (code !== undefined) this.statusCode = Number(code)
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? []
      this.#headers.set(name.toLowerCase(), value)
    }
    this.#settle()
  }
}
