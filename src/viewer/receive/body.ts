import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib'
import { GRPC, Refusal } from './refusal.js'

/** A request's body, unzipped. The Collector takes 20 MB by default, and SDKs send one. */
export const MAX_BODY_BYTES: number = 64 * 1024 * 1024
/** All bodies that are being read. */
export const MAX_BYTES_IN_FLIGHT: number = 256 * 1024 * 1024

type Unzip = (input: InputType, options: ZlibOptions) => Promise<Buffer>
const UNZIP: Readonly<Record<string, Unzip>> = { gzip: promisify(gunzip), deflate: promisify(inflate) }

/** Reads bodies within limits: of each, and of all that are being read at a time. */
export class Bodies {
  readonly #maxBody: number
  readonly #maxInFlight: number
  #inFlight = 0

  constructor(maxBody: number = MAX_BODY_BYTES, maxInFlight: number = MAX_BYTES_IN_FLIGHT) {
    this.#maxBody = maxBody
    this.#maxInFlight = maxInFlight
  }

  /** Reads all of it, and hands it on. What it holds counts until `use` has ended. */
  async read<T>(
    stream: Readable,
    use: (body: Buffer, unzip: (bytes: Buffer, encoding: string) => Promise<Buffer>) => Promise<T>,
  ): Promise<T> {
    let held = 0
    const hold = (bytes: number): void => {
      held += bytes
      this.#inFlight += bytes
      if (this.#inFlight > this.#maxInFlight) throw busy()
    }
    try {
      const chunks: Buffer[] = []
      let length = 0
      await everyChunk(stream, (chunk) => {
        length += chunk.length
        if (length > this.#maxBody) throw tooLarge(this.#maxBody)
        hold(chunk.length)
        chunks.push(chunk)
      })
      return await use(Buffer.concat(chunks, length), async (bytes, encoding) => {
        const plain = await this.#unzip(bytes, encoding)
        if (plain !== bytes) hold(plain.length)
        return plain
      })
    } finally {
      this.#inFlight -= held
    }
  }

  async #unzip(bytes: Buffer, encoding: string): Promise<Buffer> {
    if (encoding === '' || encoding === 'identity') return bytes
    const unzip = Object.hasOwn(UNZIP, encoding) ? UNZIP[encoding] : undefined
    if (!unzip) {
      throw new Refusal(`the encoding ${encoding.slice(0, 50)} is not known: gzip and deflate are`, {
        http: 415,
        grpc: GRPC.unimplemented,
      })
    }
    try {
      return await unzip(bytes, { maxOutputLength: this.#maxBody })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(this.#maxBody)
      throw new Refusal(`the body is not compressed by ${encoding}, as it says`, {
        http: 400,
        grpc: GRPC.invalidArgument,
      })
    }
  }
}

/** Goes on reading where a chunk is refused, so that the sender can read why; an iterator would cut the connection. */
function everyChunk(stream: Readable, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isTaken = true
    stream.on('data', (chunk: Buffer) => {
      if (!isTaken) return
      try {
        take(chunk)
      } catch (error) {
        isTaken = false
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    stream.once('end', resolve)
    const cutOff = (): void => reject(new Refusal('the request was cut off', { http: 400, grpc: GRPC.invalidArgument }))
    stream.once('error', cutOff)
    stream.once('close', cutOff)
  })
}

function tooLarge(limit: number): Refusal {
  return new Refusal(`the body is larger than ${limit} bytes`, { http: 413, grpc: GRPC.resourceExhausted })
}

function busy(): Refusal {
  return new Refusal('too much is arriving at once', { http: 503, grpc: GRPC.unavailable })
}
